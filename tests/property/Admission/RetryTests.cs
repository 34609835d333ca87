using Defragger.Admission;
using Defragger.Compare;
using Defragger.Gauges;
using Xunit;

namespace Defragger.Tests.Admission;

/// <summary>What becomes of cases that ran out of memory, and which one is ended when it runs out.</summary>
public class RetryTests
{
    private const long GB = 1L << 30, Capacity = 64 * GB;

    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_case_that_ran_out_of_memory_is_tried_with_more_then_alone_and_then_does_not_fit()
    {
        AdmissionPolicy policy = Policy([new PeakRecord("a", 2 * GB, s_second)]);
        policy.Enqueue(1, "a", default);
        Assert.Equal(2 * GB, policy.Next(default).Reserved);
        Assert.Equal(AfterEnd.Retry, policy.Ended(1, CaseOutcome.OutOfMemory, 10 * GB, s_second, s_second));

        AdmissionDecision second = policy.Next(s_second);
        Assert.Equal((15 * GB, PredictionSource.LowerBound), (second.Reserved, second.Prediction.Source));
        Assert.Equal(AfterEnd.Retry, policy.Ended(1, CaseOutcome.OutOfMemory, 15 * GB, s_second, s_second));

        Assert.Equal(1, policy.Next(s_second).Id);
        policy.Enqueue(2, "b", s_second);
        Assert.Equal(HoldReason.Reservation, policy.Next(s_second).HeldBy); // nothing runs beside it
        Assert.Equal(AfterEnd.DoesNotFit, policy.Ended(1, CaseOutcome.OutOfMemory, 60 * GB, s_second, s_second));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(4, 5)]
    public void A_case_is_started_once_more_than_retries_are_allowed(int retries, int starts)
    {
        AdmissionPolicy policy = Policy([], new AdmissionOptions { OomRetry = retries });
        policy.Enqueue(1, "a", default);
        int started = 0;
        AfterEnd after;
        do
        {
            Assert.Equal(AdmissionAnswer.Start, policy.Next(default).Answer);
            started++;
            after = policy.Ended(1, CaseOutcome.OutOfMemory, GB, s_second, default);
        }
        while (after == AfterEnd.Retry);
        Assert.Equal(starts, started);
        Assert.Equal(retries == 0 ? AfterEnd.OutOfMemory : AfterEnd.DoesNotFit, after);
        Assert.Equal(AdmissionAnswer.Idle, policy.Next(default).Answer);
    }

    [Fact]
    public void More_is_never_more_than_half_of_the_way_to_the_whole_memory()
    {
        var predictor = new Predictor([], Capacity, 16);
        predictor.LearnLowerBound("a", 44 * GB);
        Assert.Equal(54 * GB, predictor.Predict("a").Peak);
    }

    [Fact]
    public void A_case_that_was_ended_for_what_others_took_is_not_to_blame()
    {
        AdmissionPolicy policy = Policy([new PeakRecord("a", 8 * GB, s_second)], new AdmissionOptions { OomRetry = 0 });
        policy.Enqueue(1, "a", default);
        policy.Next(default);
        Assert.Equal(AfterEnd.Retry, policy.Ended(1, CaseOutcome.Victim, 4 * GB, s_second, s_second));
        Assert.Equal(8 * GB, policy.Next(s_second).Reserved);
    }

    [Fact]
    public void A_case_that_once_held_more_than_the_machine_has_is_refused_with_its_figures()
    {
        AdmissionPolicy policy = Policy([new PeakRecord("a", 0, default, 70 * GB)]);
        policy.Enqueue(1, "a", default);
        AdmissionDecision refused = policy.Next(default);
        Assert.Equal((AdmissionAnswer.DoesNotFit, 1L), (refused.Answer, refused.Id));
        Assert.True(refused.Prediction.Peak >= 70 * GB);
        Assert.Equal(AdmissionAnswer.Idle, policy.Next(default).Answer);
    }

    [Fact]
    public void The_one_that_has_outgrown_its_reservation_is_ended_first_and_only_once()
    {
        AdmissionPolicy policy = Policy([
            new PeakRecord("good", 20 * GB, s_second * 9), new PeakRecord("bad", 10 * GB, s_second * 8),
            new PeakRecord("also", 10 * GB, s_second * 7)]);
        foreach ((string name, int id) in new[] { ("good", 1), ("bad", 2), ("also", 3) }) policy.Enqueue(id, name, default);
        for (int i = 0; i < 3; i++) Assert.Equal(AdmissionAnswer.Start, policy.Next(default).Answer);
        policy.Observe(1, 19 * GB);
        policy.Observe(2, 32 * GB);
        policy.Observe(3, 10 * GB);
        policy.Update(Moment(s_second, available: GB));
        Assert.Equal(2, policy.Victim(s_second));
        Assert.Null(policy.Victim(s_second)); // what it holds is about to come back
    }

    [Fact]
    public void Where_none_has_outgrown_its_reservation_the_cheapest_work_is_lost()
    {
        AdmissionPolicy policy = Policy([new PeakRecord("old", 9 * GB, s_second * 9), new PeakRecord("new", 9 * GB, s_second * 8)]);
        policy.Enqueue(1, "old", default);
        Assert.Equal(1, policy.Next(default).Id);
        policy.Enqueue(2, "new", default);
        Assert.Equal(2, policy.Next(s_second * 100).Id);
        policy.Observe(1, 9 * GB);
        policy.Observe(2, 9 * GB);
        policy.Update(Moment(s_second * 110, available: GB));
        Assert.Equal(2, policy.Victim(s_second * 110));
    }

    [Fact]
    public void The_last_running_case_is_not_ended_for_what_others_took()
    {
        AdmissionPolicy policy = Policy([new PeakRecord("a", 9 * GB, s_second)]);
        policy.Enqueue(1, "a", default);
        policy.Next(default);
        policy.Observe(1, 9 * GB);
        policy.Update(Moment(s_second, available: 0));
        Assert.Null(policy.Victim(s_second));
        policy.Observe(1, 12 * GB);
        Assert.Equal(1, policy.Victim(s_second));
    }

    [Fact]
    public void A_policy_that_was_not_told_the_memory_says_so()
    {
        var policy = new AdmissionPolicy(new AdmissionOptions(), new Predictor([], Capacity, 1));
        Assert.Throws<InvalidOperationException>(() => policy.Next(default));
        Assert.Throws<ArgumentException>(() => policy.Ended(7, CaseOutcome.Completed, 1, s_second, default));
    }

    private static AdmissionPolicy Policy(PeakRecord[] history, AdmissionOptions? options = null)
    {
        var policy = new AdmissionPolicy(options ?? new AdmissionOptions(), new Predictor(history, Capacity, 16));
        policy.Update(Moment(default, available: 62 * GB));
        return policy;
    }

    private static AdmissionMoment Moment(TimeSpan now, long available) => new(
        now, new MemoryReading(Capacity, available), Capacity, 0, new ThrottleDecision(16, HoldReason.ThrottleLimit, 0));
}
