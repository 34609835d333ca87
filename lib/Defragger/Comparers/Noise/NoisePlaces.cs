namespace Defragger.Comparers.Noise;

/// <summary>Places in which runs of the baseline differ among themselves: what a candidate differs in there says nothing.</summary>
/// <remarks>
/// A place is a hash: the path of a value, the key of a record with the path of a value in it, the number of a line or finding
/// of the baseline, or what a finding that the baseline lacks says and where. It has no value: whatever stands there is noise.
///
/// It is first told of each further baseline run (<see cref="Covers"/> learns and covers nothing), then asked about the
/// candidate. A place that the runs differ in k times, in one run, covers k differences of the candidate.
///
/// Invariants:
/// 1. At most <c>limit</c> places are known. When there are more, none is (<see cref="IsTooMany"/>): noise that is only partly
///    known would tell its rest as differences that mean something.
/// 2. What is not known is never covered: a bound, a file that ends early or an unknown format can only show more differences.
/// Memory: about 40 bytes a place.
/// </remarks>
internal sealed class NoisePlaces
{
    /// <summary>10 MiB.</summary>
    public const int DefaultLimit = 250_000;

    /// <summary>No baseline run but the one that is compared.</summary>
    public static NoisePlaces None { get; } = new(0) { _isLearning = false };

    private readonly int _limit;
    private readonly Dictionary<UInt128, int> _known = [];
    private readonly Dictionary<UInt128, int> _run = []; // of the run that is learned from
    private bool _isLearning = true;

    /// <param name="limit">Places that are known at most.</param>
    public NoisePlaces(int limit = DefaultLimit) => _limit = limit;

    /// <summary>Whether anything has to be told, or can be covered.</summary>
    public bool IsAsked => _isLearning ? !IsTooMany : _known.Count > 0;

    /// <summary>A further run of the baseline is being read.</summary>
    public bool IsLearning => _isLearning;

    /// <summary>The runs differ in so many places that none of them is taken as noise.</summary>
    public bool IsTooMany { get; private set; }

    /// <summary>While learning, takes a place in; afterwards, whether a difference there is noise.</summary>
    /// <param name="place">Where the difference is.</param>
    /// <param name="isRegion">It covers any number of differences.</param>
    public bool Covers(UInt128 place, bool isRegion = false)
    {
        if (_isLearning)
        {
            Learn(place, isRegion);
            return false;
        }

        if (!_known.TryGetValue(place, out int left) || left == 0)
            return false;
        if (!isRegion)
            _known[place] = left - 1;
        return true;
    }

    /// <summary>The run that was learned from has been read to its end.</summary>
    public void EndRun()
    {
        foreach ((UInt128 place, int count) in _run)
            _known[place] = Math.Max(count, _known.GetValueOrDefault(place));
        _run.Clear();
        if (_known.Count > _limit)
            Forget();
    }

    /// <summary>From here on it is asked.</summary>
    public void EndLearning() => _isLearning = false;

    private void Learn(UInt128 place, bool isRegion)
    {
        if (IsTooMany)
            return;
        _run[place] = isRegion ? 1 : _run.GetValueOrDefault(place) + 1;
        if (_run.Count > _limit)
            Forget();
    }

    private void Forget()
    {
        IsTooMany = true;
        _known.Clear();
        _run.Clear();
    }
}
