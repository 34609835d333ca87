using System.Runtime.InteropServices;

namespace Defragger.Comparers.Matching;

/// <summary>The code flows of one finding, as hashes that grow step by step.</summary>
/// <remarks>
/// <see cref="Ends"/> is of the first and the last step of each thread, where a flow comes from and where it arrives;
/// <see cref="Steps"/> is of every step; both with file and line. <see cref="Shape"/> is of what all steps say.
/// Invariant: between two threads _first and _last are 0.
/// </remarks>
internal struct CodeFlowHash
{
    private UInt128 _first;
    private UInt128 _last;

    /// <summary>Steps seen.</summary>
    public int Count { get; private set; }

    public UInt128 Ends { get; private set; }

    public UInt128 Steps { get; private set; }

    public UInt128 Shape { get; private set; }

    public void Add(UInt128 message, UInt128 file, UInt128 line)
    {
        ReadOnlySpan<UInt128> parts = [message, file, line];
        UInt128 step = JsonHash.Of(MemoryMarshal.AsBytes(parts), JsonHash.Kind.Object);
        if (_first == default)
            _first = step;
        _last = step;
        Steps = JsonHash.Of(Steps, step, JsonHash.Kind.Element);
        Shape = JsonHash.Of(Shape, message, JsonHash.Kind.Element);
        Count++;
    }

    public void EndThread()
    {
        if (_first == default)
            return;
        ReadOnlySpan<UInt128> ends = [Ends, _first, _last];
        Ends = JsonHash.Of(MemoryMarshal.AsBytes(ends), JsonHash.Kind.Array);
        Steps = JsonHash.Of(Steps, Ends, JsonHash.Kind.Array);
        _first = _last = default;
    }
}
