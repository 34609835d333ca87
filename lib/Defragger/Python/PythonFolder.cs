using System.Runtime.InteropServices;
using Defragger.Interop;

namespace Defragger.Python;

/// <summary>The folder that a Python is placed in, or removed from: only ever one that a build made.</summary>
internal static class PythonFolder
{
    /// <summary>Refuses a destination that holds what a build must not replace.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="force">A Python that a build made may be replaced.</param>
    /// <exception cref="PythonRefusedException">There is something.</exception>
    public static void CheckFree(string path, bool force)
    {
        if (File.Exists(path))
        {
            throw new PythonRefusedException(PythonRefusal.DestinationExists,
                $"The destination '{path}' is a file. Choose another.", path);
        }
        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any()) return;
        if (!IsOurs(path))
        {
            throw new PythonRefusedException(PythonRefusal.DestinationExists,
                $"The destination '{path}' holds files that no build made. Choose another, or empty it.", path);
        }
        if (!force)
        {
            throw new PythonRefusedException(PythonRefusal.DestinationExists,
                $"There is a Python in '{path}' already. Replace it with -Force, or choose another destination.", path);
        }
    }

    /// <summary>Puts a tree at a destination. What <see cref="CheckFree"/> let pass is there until the moment it is replaced, and
    /// lies where the tree was then.</summary>
    /// <param name="tree">A folder on the same file system.</param>
    /// <param name="path">Full path.</param>
    /// <exception cref="IOException">It cannot be placed; the destination is as before.</exception>
    public static void Place(string tree, string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.Move(tree, path);
        }
        else if (LinuxMethods.renameat2(
            LinuxMethods.AT_FDCWD, tree, LinuxMethods.AT_FDCWD, path, LinuxMethods.RENAME_EXCHANGE) != 0)
        {
            string why = Marshal.GetLastPInvokeErrorMessage();
            throw new IOException($"'{path}' cannot be replaced in one step: {why}. Remove it first");
        }
    }

    /// <summary>Removes a Python that a build made.</summary>
    /// <exception cref="PythonRefusedException">It was not made by one.</exception>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public static void Remove(string path)
    {
        CheckOurs(path);
        // The record goes last: what is left of an interrupted removal can be removed again.
        foreach (string folder in Directory.GetDirectories(path)) DeleteTree(folder);
        string record = Path.Combine(path, DefragPython.RecordName);
        foreach (string file in Directory.GetFiles(path).Where(file => file != record)) File.Delete(file);
        File.Delete(record);
        Directory.Delete(path);
    }

    /// <summary>Refuses a folder that no build made.</summary>
    /// <exception cref="PythonRefusedException">It is one.</exception>
    public static void CheckOurs(string path)
    {
        if (!Directory.Exists(path))
            throw new PythonRefusedException(PythonRefusal.NotFound, $"There is no folder '{path}'.", path);
        if (!IsOurs(path))
        {
            throw new PythonRefusedException(PythonRefusal.NotOurs,
                $"'{path}' has no {DefragPython.RecordName}: no build made it, and it is left alone.", path);
        }
    }

    private static bool IsOurs(string path) => File.Exists(Path.Combine(path, DefragPython.RecordName));

    private static void DeleteTree(string folder)
    {
        // A link to a folder is a link: what it points to is not ours.
        if (new DirectoryInfo(folder).LinkTarget != null) File.Delete(folder);
        else Directory.Delete(folder, recursive: true);
    }
}
