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

    internal const int CLOCK_THREAD_CPUTIME_ID = 3;

    /// <summary>struct timespec, where time_t and long have 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    internal const int AT_FDCWD = -100;

    internal const uint RENAME_EXCHANGE = 2;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int madvise(nint address, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int clock_gettime(int clock, out Timespec time);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);
}
