using Defragger.Admission;
using Defragger.Compare;
using Defragger.Gauges;
using Defragger.Measure;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Admission;

/// <summary>The parts of an admission, each against a naive one or its rule.</summary>
public class PartTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Property(MaxTest = 300)]
    public void The_median_is_that_of_the_last_values(int[] values)
    {
        var median = new RecentMedian();
        for (int i = 0; i < values.Length; i++)
        {
            median.Add(values[i]);
            int[] last = [.. values[..(i + 1)].TakeLast(RecentMedian.Window).Order()];
            Assert.Equal(last[last.Length / 2], median.Median);
        }
    }

    [Property(MaxTest = 300)]
    public void What_others_used_is_the_most_of_the_window((byte Wait, short Bytes)[] readings)
    {
        TimeSpan window = s_second * 100, now = default;
        var foreign = new ForeignMemory(window);
        var all = new List<(TimeSpan At, long Bytes)>();
        foreach ((byte wait, short bytes) in readings)
        {
            now += s_second * wait;
            foreign.Update(bytes, now);
            all.Add((now, bytes));
            Assert.Equal(all.Where(one => now - one.At <= window).Max(one => one.Bytes), foreign.Bytes);
        }
    }

    [Property(MaxTest = 300)]
    public void A_search_finds_the_first_in_rank_that_fits((PositiveInt Peak, PositiveInt Seconds)[] cases, PositiveInt bound)
    {
        // Fewer lanes than are looked at in a bin: the answer is exact.
        var order = new LaneOrder();
        var lanes = new List<Lane>();
        foreach ((PositiveInt peak, PositiveInt seconds) in cases.Take(LaneOrder.Probes))
        {
            var lane = new SingleLane(lanes.Count, new QueuedCase(lanes.Count, "a", default));
            lane.Expect(new Prediction(peak.Get, s_second * seconds.Get, PredictionSource.History));
            order.Add(lane);
            lanes.Add(lane);
        }
        Lane? expected = lanes.Where(lane => lane.Prediction.Peak <= bound.Get)
            .OrderByDescending(lane => lane.Rank).ThenBy(lane => lane.Number).FirstOrDefault();
        Assert.Same(expected, order.FirstWithin(bound.Get));
        Assert.True(order.LargestWithin(bound.Get) is not Lane large ? expected == null : large.Prediction.Peak <= bound.Get);
        foreach (Lane lane in lanes) order.Remove(lane);
        Assert.Equal((null, 0.0, 0.0), (order.First, order.Work, order.Area));
    }

    [Fact]
    public void Three_kills_in_a_minute_halve_the_ceiling_and_quiet_gives_it_back()
    {
        var kills = new KillBudget();
        for (int i = 0; i < 3; i++) kills.Killed(16, s_second * i);
        Assert.Equal(8, kills.Ceiling(16, s_second * 3));
        Assert.Equal(8, kills.Ceiling(16, s_second * 31));
        Assert.Equal(9, kills.Ceiling(16, s_second * 32));
        Assert.Equal(16, kills.Ceiling(16, s_second * 1000));
        Assert.Equal(4, kills.Ceiling(4, s_second * 1000));
    }

    [Fact]
    public void Kills_far_apart_change_nothing()
    {
        var kills = new KillBudget();
        for (int i = 0; i < 10; i++) kills.Killed(16, s_second * 61 * i);
        Assert.Equal(16, kills.Ceiling(16, s_second * 700));
    }

    [Fact]
    public void Pressure_holds_from_five_percent_until_one_percent_or_half_a_minute()
    {
        var hold = new PressureHold();
        void At(double pressure, int second, bool holds)
        {
            hold.Update(pressure, s_second * second);
            Assert.Equal(holds, hold.Holds);
        }
        At(4.9, 0, false);
        At(5, 1, true);
        At(3, 2, true);
        At(1, 3, false);
        At(6, 4, true);
        At(3, 5, true);
        At(3, 34, true);
        At(3, 35, false); // hovering between the two is no reason to wait for ever
    }

    [Fact]
    public void An_unknown_case_is_expected_to_need_what_its_family_does_then_the_run_then_a_share()
    {
        var predictor = new Predictor([new PeakRecord("a/1", 100, s_second)], 1600, 16);
        Assert.Equal((100L, PredictionSource.History), Of("a/1"));
        Assert.Equal((100L, PredictionSource.Family), Of("a/2"));
        Assert.Equal((100L, PredictionSource.Run), Of("b/1"));
        predictor.Learn("b/9", 300, s_second);
        Assert.Equal((300L, PredictionSource.Family), Of("b/1"));
        predictor.LearnLowerBound("b/1", 400);
        Assert.Equal((600L, PredictionSource.LowerBound), Of("b/1"));
        predictor.Learn("b/1", 500, s_second);
        Assert.Equal((500L, PredictionSource.History), Of("b/1"));
        predictor = new Predictor([], 1600, 16);
        Assert.Equal((86L, PredictionSource.Default), Of("a/1"));

        (long, PredictionSource) Of(string name) => (predictor.Predict(name).Peak, predictor.Predict(name).Source);
    }

    [Fact]
    public void A_hundred_thousand_waiting_cases_make_no_decision_slow()
    {
        const int Cases = 100_000;
        var history = Enumerable.Range(0, Cases).Where(i => i % 3 != 0).Select(i => new PeakRecord(
            Name(i), (1L << 20) * (1 + ((i * 7919L) % 20_000)), s_second * (1 + ((i * 104_729L) % 997))));
        var policy = new AdmissionPolicy(new AdmissionOptions(), new Predictor(history, 64L << 30, 16));
        policy.Update(new AdmissionMoment(
            default, new MemoryReading(64L << 30, 60L << 30), 64L << 30, 0, new ThrottleDecision(16, HoldReason.ThrottleLimit, 0)));
        for (int i = 0; i < Cases; i++) policy.Enqueue(i, Name(i), default);
        var running = new Queue<long>();
        TimeSpan began = ThreadClock.Now();
        int decisions = 0;
        for (int done = 0; done < Cases; done++)
        {
            AdmissionDecision decision;
            while (decisions++ >= 0 && (decision = policy.Next(s_second * done)).Answer == AdmissionAnswer.Start) running.Enqueue(decision.Id);
            policy.Ended(running.Dequeue(), CaseOutcome.Completed, 1L << 30, s_second, s_second * done);
        }
        Assert.Equal((0, 0), (policy.Waiting, policy.Running));
        // Some microseconds of processor time each; a scan of the queue would cost hundreds.
        Assert.InRange((ThreadClock.Now() - began).TotalMicroseconds / decisions, 0, 100);

        static string Name(int i) => $"f{i % 300}/c{i}";
    }
}
