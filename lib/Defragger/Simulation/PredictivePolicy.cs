using Defragger.Admission;
using Defragger.Compare;

namespace Defragger.Simulation;

/// <summary>The admission of real runs.</summary>
internal sealed class PredictivePolicy : ISimulatedPolicy
{
    private readonly AdmissionPolicy _policy;
    private readonly ThrottleDecision _cap;

    public PredictivePolicy(SimulatedTrace trace, AdmissionOptions options)
    {
        IEnumerable<PeakRecord> history = trace.Cases.Select(one => one.History).OfType<PeakRecord>();
        _policy = new AdmissionPolicy(options, new Predictor(history, trace.Memory, trace.Cores));
        _cap = new ThrottleDecision(trace.Cores, HoldReason.ThrottleLimit, 0);
    }

    public int CeilingChanges => _policy.CeilingChanges;

    public void Enqueue(int id, SimulatedCase one, TimeSpan now) => _policy.Enqueue(id, one.Name, now);

    public void Observe(int id, long held) => _policy.Observe(id, held);

    public void Update(in SimulatedMoment moment) => _policy.Update(
        new AdmissionMoment(moment.Now, moment.Memory, moment.Memory.Total, moment.Pressure, _cap));

    public int? Next(TimeSpan now) =>
        _policy.Next(now) is { Answer: AdmissionAnswer.Start } start ? (int)start.Id : null;

    public int? Victim(TimeSpan now) => (int?)_policy.Victim(now);

    public bool Ended(int id, CaseOutcome outcome, long peak, double duration, TimeSpan now) =>
        _policy.Ended(id, outcome, peak, TimeSpan.FromSeconds(duration), now) is AfterEnd.Final or AfterEnd.Retry;
}
