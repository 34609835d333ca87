using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Defragger.Compare;

/// <summary>What failed comparers printed: one file for each case, in one flat directory.</summary>
/// <remarks>Flat: a case 'a.log/b' must not need a directory where the log of a case 'a' is a file.</remarks>
/// <param name="path">Full path of the directory; made when there is something to keep.</param>
internal sealed class CaseLogs(string path)
{
    private const int LongestName = 200;

    /// <summary>Full path of the directory.</summary>
    public string FullPath => path;

    /// <summary>Keeps what a comparer printed; null when it printed nothing or it cannot be written.</summary>
    public string? Write(string name, string output, string error)
    {
        if (output.Length + error.Length == 0) return null;
        string file = Path.Combine(path, NameOf(name));
        try
        {
            Directory.CreateDirectory(path);
            File.WriteAllText(file, $"== standard output ==\n{output}\n== standard error ==\n{error}\n");
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The result matters more than its log: a full disk is told by the journal.
            return null;
        }
    }

    private static string NameOf(string name)
    {
        string flat = name.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);
        if (Encoding.UTF8.GetByteCount(flat) <= LongestName) return flat + ".log";
        UInt128 hash = XxHash128.HashToUInt128(MemoryMarshal.AsBytes(name.AsSpan()));
        return $"{hash:x32}.log";
    }
}
