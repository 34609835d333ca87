using Defragger.Comparers.Differences;
using Defragger.Comparers.Records;

namespace Defragger.Comparers.Noise;

/// <summary>What differences of records in order come to: lines by their number in the baseline, JSON Lines and rows value by
/// value.</summary>
/// <remarks>Where runs of the baseline have other lines, a candidate may have others too, and where they have more lines, any
/// number of them.</remarks>
/// <param name="noise">Where runs of the baseline differ.</param>
/// <param name="records">Takes records apart; null for text.</param>
internal sealed class LineJudge(NoisePlaces noise, RecordJudge? records = null)
{
    /// <summary>Nothing is ignored and nothing is noise.</summary>
    public static LineJudge None { get; } = new(NoisePlaces.None);

    /// <summary>Whether differences have to be asked about one by one.</summary>
    public bool IsAsked => noise.IsAsked || records is { IsAsked: true };

    /// <summary>A record that says something else.</summary>
    public DifferenceKind OfPair(Extent here, Extent there) =>
        records is not null ? records.OfPair((UInt128)(ulong)here.Number, here, there)
        : noise.IsAsked && noise.Covers(NoisePlace.Record((UInt128)(ulong)here.Number)) ? DifferenceKind.Noise
        : DifferenceKind.Updated;

    /// <summary>A record that only the baseline has.</summary>
    public DifferenceKind OfAbsent(Extent here) =>
        noise.IsAsked && noise.Covers(NoisePlace.Record((UInt128)(ulong)here.Number)) ? DifferenceKind.Noise : DifferenceKind.Absent;

    /// <summary>Records that only the candidate has, in or behind a stretch of the baseline.</summary>
    /// <param name="start">The stretch's first record.</param>
    /// <param name="length">Records of the baseline in it; may be 0.</param>
    public DifferenceKind OfInsertion(long start, int length)
    {
        bool isNoise = false;
        for (long number = start; noise.IsAsked && number <= start + length; number++)
            isNoise |= noise.Covers(NoisePlace.Insertion(number), isRegion: true);
        return isNoise ? DifferenceKind.Noise : DifferenceKind.New;
    }
}
