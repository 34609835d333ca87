using System.Buffers.Text;
using Defragger.Gauges;

namespace Defragger.Measure;

/// <summary>What a process occupies by /proc/PID/statm.</summary>
/// <param name="Resident">Bytes of memory that it has mapped and that are there; a page that several processes share counts
/// in each.</param>
/// <param name="Anonymous">The part of it that no file is behind: heap, stacks, what was written in private mappings.</param>
internal readonly record struct ResidentMemory(long Resident, long Anonymous);

/// <summary>One process of a tree, with its statm open.</summary>
/// <remarks>The open file belongs to this process and no other: once the process has ended a read fails, also when its
/// number has been given to another.</remarks>
internal sealed class MeasuredProcess(string directory) : IDisposable
{
    private readonly KernelFile _statm = new(Path.Combine(directory, "statm"));

    /// <summary>Resident memory now; null once the process has ended.</summary>
    public ResidentMemory? Read()
    {
        try
        {
            return Parse(_statm.Read(), Environment.SystemPageSize);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The process's share of the memory that it has mapped, in bytes: Pss of smaps_rollup. 0 once it has ended; null
    /// when the kernel does not let us see it.</summary>
    /// <remarks>Walks the whole page table: 1 ms for each 100 MB or so. Opened each time, for an open one stays with the
    /// program that the process was before it became another (exec).</remarks>
    public long? ReadProportional()
    {
        try
        {
            using var rollup = new KernelFile(Path.Combine(directory, "smaps_rollup"));
            return KernelFile.Find(rollup.Read(), "Pss"u8) * 1024 ?? 0;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public void Dispose() => _statm.Dispose();

    /// <summary>Reads "size resident shared text lib data dt", all in pages; null when it is none.</summary>
    internal static ResidentMemory? Parse(ReadOnlySpan<byte> text, long page)
    {
        if (!Take(ref text, out _) || !Take(ref text, out long resident) || !Take(ref text, out long shared)) return null;
        return new(resident * page, Math.Max(0, resident - shared) * page);
    }

    private static bool Take(ref ReadOnlySpan<byte> text, out long number)
    {
        if (!Utf8Parser.TryParse(text, out number, out int length)) return false;
        text = text[length..].TrimStart((byte)' ');
        return true;
    }
}
