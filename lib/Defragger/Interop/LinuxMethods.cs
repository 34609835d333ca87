using System.Runtime.InteropServices;

namespace Defragger.Interop;

/// <summary>Calls of the C library under their own names: what arenas and gauges need, and a rename that .NET has not; constants as x64 and arm64 have
/// them.</summary>
internal static unsafe partial class LinuxMethods
{
    internal const int PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2;

    internal const int MAP_PRIVATE = 0x02, MAP_ANONYMOUS = 0x20, MAP_NORESERVE = 0x4000;

    internal const int MADV_DONTNEED = 4;

    internal const nint MAP_FAILED = -1;

    internal const int AT_FDCWD = -100;

    internal const uint RENAME_EXCHANGE = 2;

    // Flags of open that every Linux has alike, and two that arm has other numbers for.
    internal const int O_RDONLY = 0, O_WRONLY = 1, O_CREAT = 0x40, O_EXCL = 0x80, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;

    internal static readonly int O_DIRECTORY = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    internal static readonly int O_NOFOLLOW = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    internal const int LOCK_EX = 2, LOCK_NB = 4;

    internal const int ENOENT = 2, EAGAIN = 11, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, ELOOP = 40;

    internal const int CLOCK_THREAD_CPUTIME_ID = 3;

    /// <summary>struct timespec, where time_t and long have 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int madvise(nint address, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);

    // C declares the mode as '...'; both systems pass it like a named argument.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int openat(int folder, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkdirat(int folder, string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlinkat(int folder, string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int renameat(int fromFolder, string from, int toFolder, string to);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(int file);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(int file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int clock_gettime(int clock, out Timespec time);
}
