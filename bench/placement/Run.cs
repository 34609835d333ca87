namespace Defragger.Bench.Placement;

/// <summary>Neighbouring granules: <see cref="Length"/> of them from <see cref="Start"/> on. No granules, no run.</summary>
internal readonly record struct Run(long Start, long Length)
{
    public static Run None => default;

    public bool Exists => Length > 0;

    public long End => Start + Length;
}
