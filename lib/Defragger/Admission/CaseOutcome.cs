namespace Defragger.Admission;

/// <summary>How a case ended, as far as memory goes.</summary>
internal enum CaseOutcome
{
    /// <summary>It did its work, whatever it found: what it needed counts for the next time.</summary>
    Completed,

    /// <summary>It failed, was cancelled or took too long: what it needed says nothing.</summary>
    Failed,

    /// <summary>The kernel killed it for want of memory.</summary>
    OutOfMemory,

    /// <summary>It was ended because <see cref="AdmissionPolicy.Victim"/> named it.</summary>
    Victim,
}

/// <summary>What is to become of a case that ended.</summary>
internal enum AfterEnd
{
    /// <summary>Nothing: its result stands.</summary>
    Final,

    /// <summary>It is in the queue again, with more memory set aside.</summary>
    Retry,

    /// <summary>It ran out of memory, and as often as is allowed.</summary>
    OutOfMemory,

    /// <summary>It ran out of memory alone: it does not fit this machine.</summary>
    DoesNotFit,
}
