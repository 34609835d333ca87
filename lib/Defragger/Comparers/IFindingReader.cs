namespace Defragger.Comparers;

/// <summary>One side of a comparison of findings, whatever they are written in.</summary>
internal interface IFindingReader : IDisposable
{
    /// <summary>Findings read so far.</summary>
    long Count { get; }

    /// <summary>Reads on and hands on findings; false at the end.</summary>
    bool PumpFindings();
}
