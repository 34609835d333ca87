using Defragger.Measure;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Defragger.Tests.Measure;

/// <summary>What a caller does with a pace: it looks after some waits, and each time that it is due, some milliseconds go.</summary>
public sealed record PaceTrace(int IntervalMs, int SharePercent, (int WaitMs, int CostMs)[] Looks)
{
    /// <summary>Beginnings and costs, in milliseconds.</summary>
    internal IEnumerable<(double Began, double Cost)> Play()
    {
        var pace = new Pace(TimeSpan.FromMilliseconds(IntervalMs), SharePercent / 100.0);
        double now = 0;
        foreach ((int wait, int cost) in Looks)
        {
            now += wait;
            if (!pace.IsDue(TimeSpan.FromMilliseconds(now))) continue;
            yield return (now, cost);
            pace.Done(TimeSpan.FromMilliseconds(now), TimeSpan.FromMilliseconds(cost));
            now += cost;
        }
    }
}

public static class PaceArbitraries
{
    public static Arbitrary<PaceTrace> Traces() => (
        from interval in Gen.Choose(1, 200)
        from share in Gen.Choose(1, 100)
        from looks in Gen.Zip(Gen.Choose(0, 300), Gen.Choose(0, 50)).ArrayOf(60)
        select new PaceTrace(interval, share, looks)).ToArbitrary();
}

[Properties(Arbitrary = [typeof(PaceArbitraries)], MaxTest = 500)]
public class PaceProperties
{
    [Property]
    public bool What_is_spent_stays_within_the_share_apart_from_the_last_time(PaceTrace trace)
    {
        double spent = 0;
        foreach ((double began, double cost) in trace.Play())
        {
            if (spent > (began * trace.SharePercent / 100.0) + 0.01) return false;
            spent += cost;
        }
        return true;
    }

    [Property]
    public bool On_average_no_more_is_done_than_once_an_interval(PaceTrace trace) =>
        trace.Play().Select((step, number) => step.Began >= number * trace.IntervalMs).All(held => held);

    [Property]
    public bool Who_looks_without_end_is_let_do_it_once_an_interval_when_it_costs_nothing(PaceTrace trace)
    {
        var free = trace with { Looks = [.. Enumerable.Repeat((1, 0), 20 * trace.IntervalMs)] };
        return free.Play().Count() is >= 19 and <= 21;
    }
}
