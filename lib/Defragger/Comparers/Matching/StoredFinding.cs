using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Defragger.Comparers.Matching;

/// <summary>A finding that waits for a partner on the disk: its key and all its traits. 192 bytes.</summary>
/// <remarks>Sorted by key, those of the baseline first, each side in the order of its file.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct StoredFinding : IComparable<StoredFinding>
{
    /// <summary>Fingerprints of one finding that are kept; reports seen have at most 3.</summary>
    public const int MostFingerprints = 7;

    private const byte NoName = byte.MaxValue;

    public readonly UInt128 Key;
    public readonly long Number;
    public readonly ulong Rule;
    public readonly ulong File;
    public readonly ulong Masked;
    public readonly long Line;
    private readonly long _offset;
    private readonly long _length;
    private readonly ulong _tool;
    private readonly ulong _message;
    private readonly ulong _standing;
    private readonly ulong _context;
    private readonly ulong _flowEnds;
    private readonly ulong _flowSteps;
    private readonly ulong _flowShape;
    private readonly Prints _prints;
    private readonly Names _names;
    private readonly byte _side;

    public StoredFinding(Side side, FindingTraits traits)
    {
        (Key, _side) = (traits.Key, (byte)side);
        (Number, _offset, _length) = (traits.Number, traits.Offset, traits.Length);
        (_tool, Rule, File, Line) = (traits.Tool, traits.Rule, traits.File, traits.Line);
        (_message, Masked, _standing, _context) = (traits.Message, traits.Masked, traits.Standing, traits.Context);
        (_flowEnds, _flowSteps, _flowShape) = (traits.FlowEnds, traits.FlowSteps, traits.FlowShape);
        for (int i = 0; i < MostFingerprints; i++)
        {
            bool exists = i < traits.Fingerprints.Length;
            _prints[i] = exists ? traits.Fingerprints[i].Value : 0;
            _names[i] = exists ? (byte)traits.Fingerprints[i].Name : NoName;
        }
    }

    public Side Side => (Side)_side;

    /// <summary>The finding as the passes know it.</summary>
    public FindingTraits Load(TraitsPool pool)
    {
        FindingTraits traits = pool.Take();
        traits.Partner = null;
        (traits.Key, traits.Number, traits.Offset, traits.Length) = (Key, Number, _offset, _length);
        (traits.Tool, traits.Rule, traits.File, traits.Line) = (_tool, Rule, File, Line);
        (traits.Message, traits.Masked, traits.Standing, traits.Context) = (_message, Masked, _standing, _context);
        (traits.FlowEnds, traits.FlowSteps, traits.FlowShape) = (_flowEnds, _flowSteps, _flowShape);
        int count = 0;
        while (count < MostFingerprints && _names[count] != NoName)
            count++;
        if (traits.Fingerprints.Length != count)
            traits.Fingerprints = count == 0 ? [] : new Fingerprint[count];
        for (int i = 0; i < count; i++)
            traits.Fingerprints[i] = new Fingerprint(_prints[i], _names[i]);
        return traits;
    }

    public int CompareTo(StoredFinding other)
    {
        int order = Key.CompareTo(other.Key);
        if (order == 0)
            order = _side.CompareTo(other._side);
        return order != 0 ? order : Number.CompareTo(other.Number);
    }

    /// <summary>Where it stands among findings of one file, rule and message, or of one rule and message.</summary>
    public int CompareInFile(in StoredFinding other)
    {
        int order = Line.CompareTo(other.Line);
        return order != 0 ? order : CompareTo(other);
    }

    [InlineArray(MostFingerprints)]
    private struct Prints
    {
        private ulong _first;
    }

    [InlineArray(MostFingerprints)]
    private struct Names
    {
        private byte _first;
    }
}

/// <summary>An order in which findings are cut into parts.</summary>
internal interface IPartOrder<T> : IComparable<T>
{
    StoredFinding Finding { get; }

    /// <summary>The hashes by which it sorts, the widest first: a part ends rather where an earlier one changes.</summary>
    (ulong Wide, ulong Middle, ulong Narrow) Scope { get; }

    static abstract T Of(in StoredFinding finding);
}

/// <summary>File by file, in a file rule by rule, then message by message.</summary>
internal readonly record struct FindingOfFile(StoredFinding Finding) : IPartOrder<FindingOfFile>
{
    public (ulong Wide, ulong Middle, ulong Narrow) Scope => (Finding.File, Finding.Rule, Finding.Masked);

    public static FindingOfFile Of(in StoredFinding finding) => new(finding);

    public int CompareTo(FindingOfFile other)
    {
        int order = Scope.CompareTo(other.Scope);
        return order != 0 ? order : Finding.CompareInFile(other.Finding);
    }
}

/// <summary>Rule by rule, then message by message, whatever file they are in.</summary>
internal readonly record struct FindingOfRule(StoredFinding Finding) : IPartOrder<FindingOfRule>
{
    public (ulong Wide, ulong Middle, ulong Narrow) Scope => (Finding.Rule, Finding.Masked, Finding.File);

    public static FindingOfRule Of(in StoredFinding finding) => new(finding);

    public int CompareTo(FindingOfRule other)
    {
        int order = Scope.CompareTo(other.Scope);
        return order != 0 ? order : Finding.CompareInFile(other.Finding);
    }
}
