namespace Defragger.Compare;

/// <summary>What a run came to, in figures.</summary>
public sealed class CompareSummary
{
    private readonly Dictionary<int, long> _ignoredBy = [];
    private readonly long[] _cases = new long[Enum.GetValues<CaseStatus>().Length];

    /// <summary>Cases that ended, those taken over from an earlier run among them.</summary>
    public long Total { get; private set; }

    /// <summary>Cases taken over from an earlier run.</summary>
    public long Resumed { get; private set; }

    /// <summary>Findings that only the candidate has.</summary>
    public long New { get; private set; }

    /// <summary>Findings that only the baseline has.</summary>
    public long Absent { get; private set; }

    /// <summary>Findings that both have in different form.</summary>
    public long Updated { get; private set; }

    /// <summary>Findings that both have, in the cases where they were counted.</summary>
    public long Unchanged { get; private set; }

    /// <summary>Findings that both have, on another line or in another file.</summary>
    public long Moved { get; private set; }

    /// <summary>Differences that a rule or a tolerance covers.</summary>
    public long Ignored { get; private set; }

    /// <summary>Differences in places where runs of the baseline differ too.</summary>
    public long Noise { get; private set; }

    /// <summary>How often each ignore rule covered a difference, by its place in the file, from 0.</summary>
    public IReadOnlyDictionary<int, long> IgnoredBy => _ignoredBy;

    /// <summary>The case that held the most memory, or null when none ran.</summary>
    public CaseResult? Largest { get; private set; }

    /// <summary>Processor time of all comparers.</summary>
    public TimeSpan CpuTime { get; private set; }

    /// <summary>Wall-clock time of the run.</summary>
    public TimeSpan Elapsed { get; internal set; }

    /// <summary>The most used memory of the machine that was seen, in bytes.</summary>
    public long PeakUsed { get; internal set; }

    /// <summary>The memory there is to share, in bytes.</summary>
    public long TotalMemory { get; internal set; }

    /// <summary>How often the kernel killed a case for want of memory.</summary>
    public long KernelKills { get; internal set; }

    /// <summary>How often this run ended a case to save memory.</summary>
    public long OwnKills { get; internal set; }

    /// <summary>The run was stopped before its end.</summary>
    public bool Stopped { get; internal set; }

    /// <summary>0 all same, or differing only in what is ignored; 1 differences; 2 some cases could not be compared; 3 no case at all.</summary>
    public int ExitCode =>
        Stopped || Count(CaseStatus.Error) + Count(CaseStatus.Timeout) + Count(CaseStatus.OutOfMemory)
        + Count(CaseStatus.DoesNotFit) + Count(CaseStatus.Cancelled) > 0 ? 2
        : Total == 0 ? 3
        : Count(CaseStatus.Same) + Count(CaseStatus.Ignored) == Total ? 0 : 1;

    /// <summary>Cases that came out so.</summary>
    public long Count(CaseStatus status) => _cases[(int)status];

    /// <summary>Takes a result into account.</summary>
    internal void Add(CaseResult result)
    {
        Total++;
        _cases[(int)result.Status]++;
        if (result.Resumed) Resumed++;
        New += result.New ?? 0;
        Absent += result.Absent ?? 0;
        Updated += result.Updated ?? 0;
        Unchanged += result.Unchanged ?? 0;
        Moved += result.Moved ?? 0;
        Ignored += result.Ignored ?? 0;
        Noise += result.Noise ?? 0;
        foreach ((int rule, long count) in result.IgnoredBy ?? [])
            _ignoredBy[rule] = _ignoredBy.GetValueOrDefault(rule) + count;
        CpuTime += result.CpuTime;
        if (result.PeakMemory > (Largest?.PeakMemory ?? 0)) Largest = result;
    }
}
