namespace Defragger.Admission;

/// <summary>What decides which case starts when. Told of everything, and asked after; it starts nothing itself.</summary>
internal interface IAdmission
{
    /// <summary>How many cases wait.</summary>
    int Waiting { get; }

    /// <summary>Takes the world's state. Once before the first decision, and after the observations of a tick.</summary>
    void Update(in AdmissionMoment moment);

    /// <summary>Tells what a running case holds now, in bytes.</summary>
    void Observe(long id, long bytes);

    /// <summary>Queues a case.</summary>
    void Enqueue(long id, string name, TimeSpan now);

    /// <summary>Decides what to do next; a case that it starts counts as running from here on.</summary>
    AdmissionDecision Next(TimeSpan now);

    /// <summary>The case to end now because memory is about to run out; null while it is not. Each is named once.</summary>
    long? Victim(TimeSpan now);

    /// <summary>A case has ended. A case that is to be tried again waits again when this returns.</summary>
    AfterEnd Ended(long id, CaseOutcome outcome, long peak, TimeSpan duration, TimeSpan now);
}
