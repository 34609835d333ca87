using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static Defragger.Interop.LinuxMethods;

namespace Defragger.Approval;

/// <summary>A directory held by its descriptor. What is done in it is done there, whatever links somebody puts on its path
/// meanwhile; no name that is given here is followed when it is a link.</summary>
internal sealed class FolderHandle : IDisposable
{
    private readonly SafeFileHandle _handle;

    private FolderHandle(SafeFileHandle handle, string path) => (_handle, Path) = (handle, path);

    /// <summary>Its path, for messages.</summary>
    public string Path { get; }

    private int Descriptor => (int)_handle.DangerousGetHandle();

    /// <summary>Opens a directory by its path, through links: it is the one that a person named.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static FolderHandle Open(string path)
    {
        int opened = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        return opened >= 0 ? new FolderHandle(Handle(opened), path) : throw Fault("open", path);
    }

    /// <summary>The same directory, to be disposed of by itself.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public FolderHandle Again()
    {
        int opened = openat(Descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        return opened >= 0 ? new FolderHandle(Handle(opened), Path) : throw Fault("open", Path);
    }

    /// <summary>Opens a directory in it; null when there is none and none is to be made.</summary>
    /// <exception cref="ApprovalException">There is a link, or something that is no directory.</exception>
    /// <exception cref="IOException">It cannot be opened or made.</exception>
    public FolderHandle? Below(string name, bool make)
    {
        string path = System.IO.Path.Combine(Path, name);
        while (true)
        {
            int opened = openat(Descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
            if (opened >= 0) return new FolderHandle(Handle(opened), path);
            switch (Marshal.GetLastPInvokeError())
            {
                case ENOENT when !make:
                    return null;
                case ENOENT:
                    // As mkdir makes it. Somebody else may have made it meanwhile.
                    if (mkdirat(Descriptor, name, 0x1FF) != 0 && Marshal.GetLastPInvokeError() != EEXIST) throw Fault("make", path);
                    Sync();
                    break;
                case ENOTDIR or ELOOP:
                    throw new ApprovalException(ApprovalFault.Outside, $"'{path}' is a link, or no directory, and is not gone through.");
                default:
                    throw Fault("open", path);
            }
        }
    }

    /// <summary>Opens a regular file in it for reading; null when there is none.</summary>
    /// <exception cref="ApprovalException">There is a link, or something that is no regular file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public SafeFileHandle? OpenFile(string name)
    {
        string path = System.IO.Path.Combine(Path, name);
        // Without O_NONBLOCK a pipe would wait for its writer.
        int opened = openat(Descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
        if (opened < 0)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                ENOENT => null,
                ELOOP => throw new ApprovalException(ApprovalFault.Outside,
                    $"'{path}' is a link, and is neither followed nor replaced. Remove it first, or approve what it leads to."),
                _ => throw Fault("open", path),
            };
        }
        SafeFileHandle handle = Handle(opened);
        if (IsRegular(handle)) return handle;
        handle.Dispose();
        throw new ApprovalException(ApprovalFault.Outside, $"'{path}' is no regular file; only files are approved. Copy it by hand.");
    }

    /// <summary>Makes a file in it that nobody else may read yet.</summary>
    /// <exception cref="IOException">It cannot be made, or something has that name.</exception>
    public SafeFileHandle CreateFile(string name)
    {
        int made = openat(Descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0x180);
        return made >= 0 ? Handle(made) : throw Fault("write to", Path);
    }

    /// <summary>Gives a file another name in one step; a file that has it is replaced.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    public void Rename(string from, string to)
    {
        if (renameat(Descriptor, from, Descriptor, to) != 0) throw Fault("replace", System.IO.Path.Combine(Path, to));
    }

    /// <summary>Removes a file; false when there was none.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public bool Remove(string name)
    {
        if (unlinkat(Descriptor, name, 0) == 0) return true;
        return Marshal.GetLastPInvokeError() == ENOENT ? false : throw Fault("remove", System.IO.Path.Combine(Path, name));
    }

    /// <summary>Brings its names to the disk.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    public void Sync() => Sync(_handle, Path);

    /// <summary>Brings a file's bytes to the disk.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    public static void Sync(SafeFileHandle file, string path)
    {
        if (fsync((int)file.DangerousGetHandle()) != 0) throw Fault("bring to the disk", path);
    }

    /// <summary>Takes the directory's lock until this is disposed or the process ends; false when another has it.</summary>
    /// <returns>True also on a file system that has no such locks.</returns>
    public bool TryLock() => flock(Descriptor, LOCK_EX | LOCK_NB) == 0 || Marshal.GetLastPInvokeError() != EAGAIN;

    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle Handle(int descriptor) => new(descriptor, ownsHandle: true);

    private static bool IsRegular(SafeFileHandle handle)
    {
        if ((File.GetAttributes(handle) & FileAttributes.Directory) != 0) return false;
        try
        {
            RandomAccess.GetLength(handle);
            return true;
        }
        catch (NotSupportedException)
        {
            return false; // a pipe, a terminal: it has no length
        }
    }

    private static IOException Fault(string what, string path) =>
        new($"cannot {what} '{path}': {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
}
