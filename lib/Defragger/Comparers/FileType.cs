using System.Runtime.InteropServices;
using System.Text;

namespace Defragger.Comparers;

/// <summary>What a path leads to, asked before it is opened.</summary>
/// <remarks>
/// Opening a pipe waits until somebody writes to it, perhaps for ever, and /dev/zero has no end: neither may be found
/// out by trying, and .NET tells only directories apart. statx it is, since its record has one layout on all of Linux.
/// </remarks>
internal static class FileType
{
    private const int CurrentDirectory = -100;
    private const uint TypeOnly = 1;
    private const int RecordSize = 256;
    private const int ModeAt = 28;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;

    /// <summary>True if it is known to be something else than a file; a link counts as what it leads to.</summary>
    public static bool IsOther(string path)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        byte[] record = new byte[RecordSize];
        try
        {
            byte[] name = Encoding.UTF8.GetBytes(path + '\0');
            if (Statx(CurrentDirectory, name, 0, TypeOnly, record) != 0)
                return false;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library from before 2018: opening the file has to show.
            return false;
        }

        return (BitConverter.ToUInt16(record, ModeAt) & TypeMask) != Regular;
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, byte[] path, int flags, uint mask, byte[] record);
}
