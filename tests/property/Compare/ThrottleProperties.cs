using Defragger.Compare;
using Defragger.Gauges;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Compare;

/// <summary>A throttle and the readings it gets: all in percent of a capacity, so that levels and readings meet often.</summary>
public sealed record ThrottleTrace(int Workers, (int Percent, int Workers)[] Tiers, int? BudgetPercent, (int Used, int Wait)[] Readings)
{
    internal const long Capacity = 100L << 30;

    internal Throttle Make() => new(Workers, Tiers.Select(t => new MemoryTier(MemorySize.Of(t.Percent / 100.0), t.Workers)),
        BudgetPercent is int percent ? Capacity / 100 * percent : null, Capacity);

    internal static MemoryReading Reading(int usedPercent) => new(Capacity, Capacity - (Capacity / 100 * usedPercent));

    public override string ToString() =>
        $"workers {Workers}; tiers {string.Join(' ', Tiers)}; budget {BudgetPercent}; readings {string.Join(' ', Readings)}";
}

public static class ThrottleArbitraries
{
    public static Arbitrary<ThrottleTrace> Traces()
    {
        Gen<(int, int)> tier = Gen.Zip(Gen.Choose(1, 100), Gen.Choose(1, 20));
        Gen<(int, int)> reading = Gen.Zip(Gen.Choose(0, 100), Gen.Elements(0, 1, 10, 29, 31));
        Gen<int?> budget = Gen.OneOf(Gen.Constant((int?)null), Gen.Choose(20, 100).Select(p => (int?)p));
        Gen<ThrottleTrace> trace =
            from workers in Gen.Choose(1, 32)
            from tiers in tier.ArrayOf()
            from most in budget
            from readings in reading.ArrayOf()
            select new ThrottleTrace(workers, tiers, most, readings);
        return trace.ToArbitrary();
    }
}

[Properties(Arbitrary = [typeof(ThrottleArbitraries)])]
public class ThrottleProperties
{
    [Property(MaxTest = 1000)]
    public bool The_limit_is_never_below_one_nor_above_the_throttle_limit(ThrottleTrace trace) =>
        Play(trace).All(step => step.Decision.Limit >= 1 && step.Decision.Limit <= trace.Workers);

    [Property(MaxTest = 1000)]
    public bool Used_memory_at_a_tier_never_gets_more_workers_than_the_tier_allows(ThrottleTrace trace) =>
        Play(trace).All(step => trace.Tiers.All(tier => step.Used < tier.Percent || step.Decision.Limit <= tier.Workers)
            && (trace.BudgetPercent is not int budget || step.Used < budget || step.Decision.Limit == 1));

    [Property(MaxTest = 1000)]
    public bool Free_memory_brings_all_workers_back_at_once(ThrottleTrace trace)
    {
        // Below every level by the margin: nothing that happened before may hold the run.
        Throttle throttle = trace.Make();
        TimeSpan now = PlayAll(throttle, trace);
        int lowest = trace.Tiers.Select(tier => tier.Percent).Append(trace.BudgetPercent ?? 100).Min();
        int free = lowest - 6;
        return free < 0 || throttle.Update(ThrottleTrace.Reading(free), now).Limit == trace.Workers;
    }

    [Property(MaxTest = 1000)]
    public bool Memory_that_hovers_below_a_level_does_not_hold_the_run_for_ever(ThrottleTrace trace)
    {
        Throttle throttle = trace.Make();
        TimeSpan now = PlayAll(throttle, trace);
        int lowest = trace.Tiers.Select(tier => tier.Percent).Append(trace.BudgetPercent ?? 100).Min();
        // Just under the lowest level, inside the margin: each level that is left restarts the clock, so wait for all of them.
        for (int i = 0; i <= (trace.Tiers.Length + 2) * 4; i++)
        {
            now += Throttle.Patience / 3;
            throttle.Update(ThrottleTrace.Reading(lowest - 1), now);
        }
        return throttle.Current.Limit == trace.Workers;
    }

    [Property(MaxTest = 1000)]
    public bool More_used_memory_never_gives_more_workers(ThrottleTrace trace, byte a, byte b)
    {
        int low = Math.Min(a, b) * 100 / 255, high = Math.Max(a, b) * 100 / 255;
        Throttle one = trace.Make(), other = trace.Make();
        TimeSpan now = PlayAll(one, trace);
        PlayAll(other, trace);
        return one.Update(ThrottleTrace.Reading(low), now).Limit >= other.Update(ThrottleTrace.Reading(high), now).Limit;
    }

    [Property(MaxTest = 500)]
    public Property Every_kind_of_step_occurs_in_these_traces(ThrottleTrace trace)
    {
        int[] limits = [trace.Workers, .. Play(trace).Select(step => step.Decision.Limit)];
        bool down = limits.Zip(limits.Skip(1)).Any(pair => pair.Second < pair.First);
        bool up = limits.Zip(limits.Skip(1)).Any(pair => pair.Second > pair.First);
        return true.ToProperty().Classify(down, "steps down").Classify(up, "steps up").Classify(down && up, "both");
    }

    [Fact]
    public void Memory_that_flutters_round_a_level_changes_the_limit_once()
    {
        var throttle = new Throttle(8, [new MemoryTier(MemorySize.Of(0.5), 4)], null, ThrottleTrace.Capacity);
        var limits = new List<int>();
        for (int i = 0; i < 100; i++)
            limits.Add(throttle.Update(ThrottleTrace.Reading(i % 2 == 0 ? 50 : 48), TimeSpan.FromSeconds(i)).Limit);
        Assert.All(limits, limit => Assert.Equal(4, limit));
    }

    [Fact]
    public void The_decision_names_the_bound_that_holds()
    {
        var throttle = new Throttle(8, [new MemoryTier(MemorySize.Parse("32GB"), 3)], 60L << 30, 64L << 30);
        Assert.Equal(HoldReason.ThrottleLimit, throttle.Current.Reason);
        Assert.Equal(new ThrottleDecision(3, HoldReason.MemoryTier, 32L << 30), throttle.Update(new(64L << 30, 30L << 30), default));
        Assert.Equal(new ThrottleDecision(1, HoldReason.MemoryBudget, 60L << 30), throttle.Update(new(64L << 30, 2L << 30), default));
    }

    private static IEnumerable<(int Used, ThrottleDecision Decision)> Play(ThrottleTrace trace)
    {
        Throttle throttle = trace.Make();
        TimeSpan now = default;
        foreach ((int used, int wait) in trace.Readings)
        {
            now += TimeSpan.FromSeconds(wait);
            yield return (used, throttle.Update(ThrottleTrace.Reading(used), now));
        }
    }

    private static TimeSpan PlayAll(Throttle throttle, ThrottleTrace trace)
    {
        TimeSpan now = default;
        foreach ((int used, int wait) in trace.Readings)
        {
            now += TimeSpan.FromSeconds(wait);
            throttle.Update(ThrottleTrace.Reading(used), now);
        }
        return now;
    }
}
