using System.Buffers.Text;

namespace Defragger.Measure;

/// <summary>What /proc/PID/stat says of where a process belongs.</summary>
/// <param name="Parent">The process number of its parent, now: another one once that has ended.</param>
/// <param name="Ended">It has ended and waits to be reaped (a zombie), or is being taken down.</param>
internal readonly record struct ProcessStat(int Parent, bool Ended)
{
    /// <summary>Reads the text of a stat file; null when it is none.</summary>
    /// <remarks>The name, between brackets, may hold anything, brackets and blanks too: the last ')' ends it
    /// (proc_pid_stat(5)).</remarks>
    public static ProcessStat? Parse(ReadOnlySpan<byte> text)
    {
        int name = text.LastIndexOf((byte)')');
        if (name < 0 || text.Length < name + 5) return null;
        ReadOnlySpan<byte> rest = text[(name + 2)..]; // "S 123 ..."
        bool ended = rest[0] is (byte)'Z' or (byte)'X' or (byte)'x';
        return Utf8Parser.TryParse(rest[2..], out int parent, out _) ? new(parent, ended) : null;
    }
}
