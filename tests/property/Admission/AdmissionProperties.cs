using Defragger.Admission;
using Defragger.Compare;
using Defragger.Gauges;
using Defragger.Simulation;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Admission;

[Properties(Arbitrary = [typeof(SmallTraces)])]
public class AdmissionProperties
{
    [Property(MaxTest = 500)]
    public void What_is_set_aside_stays_within_the_budget_unless_a_case_runs_alone(SmallTrace small)
    {
        AdmissionSpy spy = Play(small, out _);
        Assert.All(spy.Log.Where(step => step.Decision.Answer == AdmissionAnswer.Start && step.Running > 0), step =>
        {
            AdmissionBooks books = step.Decision.Books;
            Assert.True(books.Foreign + books.Reserved + step.Decision.Reserved <= books.Budget, $"{step}");
            Assert.True(books.Budget <= SmallTrace.Memory);
            Assert.True(step.Decision.Reserved <= books.Available, $"{step}");
        });
    }

    [Property(MaxTest = 500)]
    public void Something_runs_while_anything_waits_and_every_case_ends(SmallTrace small)
    {
        AdmissionSpy spy = Play(small, out SimulationOutcome outcome);
        Assert.True(outcome.Ended, $"{outcome}");
        Assert.DoesNotContain(spy.Log, step => step.Decision.Answer == AdmissionAnswer.Hold && step.Running == 0);
    }

    [Property(MaxTest = 500)]
    public void No_more_run_than_the_cap_and_the_ceiling_allow(SmallTrace small)
    {
        AdmissionSpy spy = Play(small, out _);
        Assert.All(spy.Log.Where(step => step.Decision.Answer == AdmissionAnswer.Start), step =>
            Assert.InRange(step.Running, 0, Math.Min(small.Cores, step.Decision.Books.Ceiling) - 1));
    }

    [Property(MaxTest = 300)]
    public void A_hold_names_a_bound_and_a_case_that_waits(SmallTrace small)
    {
        AdmissionSpy spy = Play(small, out _);
        Assert.All(spy.Log.Where(step => step.Decision.Answer == AdmissionAnswer.Hold), step =>
        {
            Assert.NotEqual(HoldReason.None, step.Decision.HeldBy);
            Assert.InRange(step.Decision.Id, 0, small.Cases.Length - 1);
        });
    }

    [Property(MaxTest = 200)]
    public void The_same_calls_give_the_same_answers(SmallTrace small)
    {
        AdmissionSpy one = Play(small, out SimulationOutcome first), other = Play(small, out SimulationOutcome second);
        Assert.Equal(first, second);
        Assert.Equal(one.Log, other.Log);
    }

    [Property(MaxTest = 300)]
    public void Cases_that_need_what_was_predicted_are_not_ended(SmallTrace small)
    {
        SmallTrace exact = small with { Wave = 0, Cases = [.. small.Cases.Where(one => one.Peak < 60).Select(one => one with { Believed = one.Peak })] };
        if (exact.Cases.Length == 0) return;
        SimulatedTrace trace = exact.Make();
        SimulationOutcome outcome = Simulator.Play(trace, new AdmissionSpy(trace));
        Assert.Equal((0, 0, 0), (outcome.OwnKills, outcome.KernelKills, outcome.Lost));
    }

    [Property(MaxTest = 300)]
    public void The_longest_case_waits_no_longer_than_the_barrier_and_what_ran_then(SmallTrace small)
    {
        // Known and right, so that the order is fixed and nothing is killed: from the moment that something started in place of the
        // longest waiting case it starts within the barrier, plus the longest case that may have started just before.
        var barrier = TimeSpan.FromSeconds(40);
        SmallTrace exact = small with { Wave = 0, Cases = [.. small.Cases.Select(one => one with { Believed = one.Peak })] };
        SimulatedTrace trace = exact.Make();
        var spy = new AdmissionSpy(trace, new AdmissionOptions { Barrier = barrier });
        Assert.True(Simulator.Play(trace, spy).Ended);
        var waiting = new SortedSet<(double, int)>(trace.Cases.Select((one, id) => (-one.Duration, id)));
        var passed = new Dictionary<int, TimeSpan>();
        double longest = trace.Cases.Max(one => one.Duration);
        foreach ((TimeSpan at, AdmissionDecision decision, _) in spy.Log.Where(step => step.Decision.Answer == AdmissionAnswer.Start))
        {
            int first = waiting.Min.Item2;
            if (decision.Id != first) passed.TryAdd(first, at);
            waiting.Remove((-trace.Cases[(int)decision.Id].Duration, (int)decision.Id));
            if (passed.TryGetValue((int)decision.Id, out TimeSpan since))
                Assert.InRange((at - since).TotalSeconds, 0, barrier.TotalSeconds + longest + 1);
        }
    }

    [Property(MaxTest = 300)]
    public void From_the_same_state_a_larger_budget_never_holds_what_a_smaller_one_starts(SmallTrace small, byte a, byte b)
    {
        // Which case starts may differ, for a larger one may fit; that one starts may not.
        (long low, long high) = (Percent(Math.Min(a, b)), Percent(Math.Max(a, b)));
        SimulatedTrace trace = small.Make();
        AdmissionPolicy With(long budget)
        {
            var predictor = new Predictor(trace.Cases.Select(one => one.History).OfType<PeakRecord>(), trace.Memory, trace.Cores);
            var policy = new AdmissionPolicy(new AdmissionOptions(), predictor);
            for (int i = 0; i < trace.Cases.Count; i++) policy.Enqueue(i, trace.Cases[i].Name, default);
            // The same state: one case runs, started under the low budget in both.
            policy.Update(Moment(trace, low));
            policy.Next(default);
            policy.Update(Moment(trace, budget));
            return policy;
        }
        bool lowStarts = With(low).Next(default).Answer == AdmissionAnswer.Start;
        bool highStarts = With(high).Next(default).Answer == AdmissionAnswer.Start;
        Assert.True(!lowStarts || highStarts);
        static long Percent(int share) => SmallTrace.Memory / 255 * Math.Max(1, share);
    }

    [Property(MaxTest = 300)]
    public Property Every_kind_of_hold_and_end_occurs_in_these_traces(SmallTrace small)
    {
        AdmissionSpy spy = Play(small, out SimulationOutcome outcome);
        bool Held(HoldReason reason) => spy.Log.Exists(step => step.Decision.HeldBy == reason);
        return true.ToProperty()
            .Classify(Held(HoldReason.Reservation), "reservation").Classify(Held(HoldReason.Available), "available")
            .Classify(Held(HoldReason.Ceiling), "ceiling").Classify(Held(HoldReason.Starvation), "starvation")
            .Classify(outcome.OwnKills > 0, "own kills").Classify(outcome.KernelKills > 0, "kernel kills")
            .Classify(spy.Ends.Exists(end => end.After == AfterEnd.Retry), "retries");
    }

    private static AdmissionMoment Moment(SimulatedTrace trace, long budget) => new(
        default, new MemoryReading(trace.Memory, trace.Memory - trace.Foreign.Base), budget, 0,
        new ThrottleDecision(trace.Cores, HoldReason.ThrottleLimit, 0));

    private static AdmissionSpy Play(SmallTrace small, out SimulationOutcome outcome)
    {
        SimulatedTrace trace = small.Make();
        var spy = new AdmissionSpy(trace);
        outcome = Simulator.Play(trace, spy);
        return spy;
    }
}
