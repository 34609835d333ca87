using Defragger.Admission;
using Defragger.Compare;
using Defragger.Simulation;

namespace Defragger.Tests.Admission;

/// <summary>The admission under the simulator, with all that it was asked and answered.</summary>
internal sealed class AdmissionSpy : ISimulatedPolicy
{
    private readonly AdmissionPolicy _policy;
    private readonly ThrottleDecision _cap;
    private readonly long _budget;
    private readonly HashSet<int> _running = [];
    private TimeSpan _now;

    public AdmissionSpy(SimulatedTrace trace, AdmissionOptions? options = null, long? budget = null)
    {
        var predictor = new Predictor(trace.Cases.Select(one => one.History).OfType<PeakRecord>(), trace.Memory, trace.Cores);
        _policy = new AdmissionPolicy(options ?? new AdmissionOptions(), predictor);
        _cap = new ThrottleDecision(trace.Cores, HoldReason.ThrottleLimit, 0);
        _budget = budget ?? trace.Memory;
    }

    /// <summary>Every answer with its time and how many ran before it.</summary>
    public List<(TimeSpan At, AdmissionDecision Decision, int Running)> Log { get; } = [];

    public List<(int Id, AfterEnd After)> Ends { get; } = [];

    public int CeilingChanges => _policy.CeilingChanges;

    public void Enqueue(int id, SimulatedCase one, TimeSpan now) => _policy.Enqueue(id, one.Name, now);

    public void Observe(int id, long held) => _policy.Observe(id, held);

    public void Update(in SimulatedMoment moment)
    {
        _now = moment.Now;
        _policy.Update(new AdmissionMoment(moment.Now, moment.Memory, _budget, moment.Pressure, _cap));
    }

    public int? Next(TimeSpan now)
    {
        AdmissionDecision decision = _policy.Next(now);
        Log.Add((now, decision, _running.Count));
        if (decision.Answer != AdmissionAnswer.Start) return null;
        _running.Add((int)decision.Id);
        return (int)decision.Id;
    }

    public int? Victim(TimeSpan now) => (int?)_policy.Victim(now);

    public bool Ended(int id, CaseOutcome outcome, long peak, double duration, TimeSpan now)
    {
        _running.Remove(id);
        AfterEnd after = _policy.Ended(id, outcome, peak, TimeSpan.FromSeconds(duration), now);
        Ends.Add((id, after));
        return after is AfterEnd.Final or AfterEnd.Retry;
    }
}
