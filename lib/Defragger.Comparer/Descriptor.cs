using System.Runtime.InteropServices;
using System.Text;

/// <summary>Writes to standard output and standard error.</summary>
/// <remarks>
/// On Unix by write(2) itself. Console would first start a thread for signals and ask for a terminal. A FileStream
/// writes at a position of its own and leaves that of the descriptor behind: two comparers in a row, or an error after
/// somebody else's line, would write over each other in a file that both were started with.
/// </remarks>
internal static class Descriptor
{
    public const int Output = 1;
    public const int Error = 2;

    private const int Interrupted = 4;

    /// <summary>False when not all of it could be written.</summary>
    public static bool TryWrite(int descriptor, string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        return OperatingSystem.IsWindows() ? TryWriteConsole(descriptor, bytes) : TryWriteAll(descriptor, bytes);
    }

    private static bool TryWriteAll(int descriptor, byte[] bytes)
    {
        while (bytes.Length > 0)
        {
            nint written = Write(descriptor, bytes, bytes.Length);
            if (written > 0)
                bytes = bytes[(int)written..];
            else if (Marshal.GetLastPInvokeError() != Interrupted)
                return false;
        }

        return true;
    }

    private static bool TryWriteConsole(int descriptor, byte[] bytes)
    {
        try
        {
            using Stream stream = descriptor == Output ? Console.OpenStandardOutput() : Console.OpenStandardError();
            stream.Write(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Write(int descriptor, byte[] bytes, nint count);
}
