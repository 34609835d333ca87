using Defragger.Admission;

namespace Defragger.Compare;

/// <summary>A case from the moment it is queued until it has its result, through all its attempts.</summary>
internal sealed class CaseInHand(TestCase testCase)
{
    // A process that has ended holds nothing, while the kernel still takes its pages back: 0.1 s a GB. Its memory would be
    // taken for another program's.
    private long _held, _heldBefore, _heldLongBefore;

    private TimeSpan? _heldSince;

    public TestCase Case => testCase;

    /// <summary>A process of it runs.</summary>
    public bool IsRunning { get; set; }

    /// <summary>How often it was started.</summary>
    public int Attempts { get; private set; }

    /// <summary>Processor time of all attempts that have ended.</summary>
    public TimeSpan CpuTime { get; set; }

    /// <summary>How long it was next in line and held, in all.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>What has held it meanwhile.</summary>
    public HoldReason HeldBy { get; private set; }

    /// <summary>What held it last, with the figures.</summary>
    public AdmissionDecision Hold { get; private set; }

    /// <summary>What it was started with the last time.</summary>
    public AdmissionDecision Start { get; private set; }

    /// <summary>Its files when it was started the last time.</summary>
    public FileStamp Baseline { get; private set; }

    public FileStamp Candidate { get; private set; }

    /// <summary>What it was compared by.</summary>
    public string Comparer { get; private set; } = "";

    /// <summary>This run has ended it, to save memory.</summary>
    public bool IsVictim { get; set; }

    /// <summary>The most it was seen to hold in this attempt, in bytes.</summary>
    public long MostHeld { get; private set; }

    /// <summary>Its turn had come, and something holds it.</summary>
    public void Held(AdmissionDecision hold, TimeSpan now)
    {
        _heldSince ??= now;
        Hold = hold;
        // Memory is the rarer reason and the one to know of: it is not covered up by a full house later on.
        if (hold.HeldBy > HeldBy) HeldBy = hold.HeldBy;
    }

    /// <summary>It starts. Gives how long it was held for this attempt.</summary>
    public TimeSpan Started(AdmissionDecision start, TimeSpan now, CaseComparer comparer)
    {
        TimeSpan wait = now - (_heldSince ?? now);
        _heldSince = null;
        Waited += wait;
        Attempts++;
        Start = start;
        (IsRunning, IsVictim) = (true, false);
        MostHeld = _held = _heldBefore = _heldLongBefore = 0;
        (Baseline, Candidate) = (FileStamp.Of(testCase.BaselinePath), FileStamp.Of(testCase.CandidatePath));
        Comparer = comparer.IdentityFor(testCase);
        return wait;
    }

    /// <summary>It was seen to hold so much. Gives what it is to be counted with: the most of three readings.</summary>
    public long Observed(long bytes)
    {
        MostHeld = Math.Max(MostHeld, bytes);
        (_held, _heldBefore, _heldLongBefore) = (bytes, _held, _heldBefore);
        return Math.Max(_held, Math.Max(_heldBefore, _heldLongBefore));
    }
}
