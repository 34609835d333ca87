namespace Defragger.Comparers.Matching;

/// <summary>The names of the fingerprints that both logs use, and how far each of them can be trusted.</summary>
/// <remarks>
/// A fingerprint that is the same for most findings, or for all findings of a rule in a file, does not tell them apart: it
/// has no vote (sarif-sdk's matcher scores its partial fingerprints for the same reason). Names are told apart by
/// what they are members of too: "id" of <c>fingerprints</c> is not "id" of <c>partialFingerprints</c>.
/// Memory: 12 KiB a name, and at most <see cref="Limit"/> names; fingerprints of any other name are passed over.
/// </remarks>
internal sealed class FingerprintNames
{
    /// <summary>Reports seen have at most 3.</summary>
    public const int Limit = 64;

    /// <summary>By how much two estimates must differ to be told from one number: four standard errors.</summary>
    private const double Clearly = 1.25;

    /// <summary>Findings to a value, on the average: lines of code that occur again have one hash.</summary>
    private const int MostWithOneValue = 4;

    private readonly List<Name> _names = [];

    /// <summary>The number of a name; -1 when there are too many.</summary>
    public int NumberOf(UInt128 name, bool identifies)
    {
        for (int i = 0; i < _names.Count; i++)
        {
            if (_names[i].Hash == name && _names[i].Identifies == identifies)
                return i;
        }

        if (_names.Count == Limit)
            return -1;
        _names.Add(new Name(name, identifies));
        return _names.Count - 1;
    }

    /// <summary>Takes a fingerprint of a finding into account.</summary>
    /// <param name="side">The finding's log.</param>
    /// <param name="print">The fingerprint.</param>
    /// <param name="place">Rule and file of the finding.</param>
    public void Count(Side side, Fingerprint print, ulong place)
    {
        Usage usage = _names[print.Name].Usages[(int)side];
        usage.Findings++;
        usage.Places.Add(place);
        usage.Values.Add(print.Value);
        usage.ValuesInPlaces.Add(FindingTraits.Join(place, print.Value));
    }

    /// <summary>Which names tell findings apart in both logs, by their numbers.</summary>
    /// <param name="identifying">Of <c>fingerprints</c>, which identify a finding, or of those that only contribute to that.</param>
    public bool[] Votes(bool identifying) =>
        [.. _names.Select(name => name.Identifies == identifying && name.Usages.All(usage => usage.TellsApart))];

    private sealed record Name(UInt128 Hash, bool Identifies)
    {
        public Usage[] Usages { get; } = [new(), new()];
    }

    private sealed class Usage
    {
        public long Findings;
        public readonly DistinctSketch Places = new();
        public readonly DistinctSketch Values = new();
        public readonly DistinctSketch ValuesInPlaces = new();

        /// <summary>Not many findings share a value; and where a rule has several findings in a file, values differ
        /// there.</summary>
        public bool TellsApart
        {
            get
            {
                if (Findings <= 1)
                    return true;
                if (Values.Count <= 1 || Values.Count * MostWithOneValue < Findings)
                    return false;
                double constant = Places.IsExact && ValuesInPlaces.IsExact ? Places.Count : Places.Count * Clearly;
                return Findings <= constant || ValuesInPlaces.Count > constant;
            }
        }
    }
}
