using Defragger.Comparers;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers;

public sealed class StreamingJoinTests
{
    [Property(MaxTest = 300)]
    public void Entry_k_of_a_key_is_paired_with_entry_k_of_the_other_side_however_they_interleave(
        byte[] left,
        byte[] right,
        bool[] turns)
    {
        (left, right) = (Few(left), Few(right));
        List<(int, int)> pairs = [];
        StreamingJoin<int> join = new();
        int i = 0;
        int j = 0;
        for (int turn = 0; i < left.Length || j < right.Length; turn++)
        {
            bool takesLeft = j == right.Length || (i < left.Length && turns.Length > 0 && turns[turn % turns.Length]);
            if (takesLeft)
            {
                if (join.TryPair(Side.Baseline, Key(left[i]), i, out int partner))
                    pairs.Add((i, partner));
                i++;
            }
            else
            {
                if (join.TryPair(Side.Candidate, Key(right[j]), j, out int partner))
                    pairs.Add((partner, j));
                j++;
            }
        }

        Assert.Equal(NaivePairs(left, right).Order(), pairs.Order());
        Assert.Equal(left.Length + right.Length - (2 * pairs.Count), join.Count);
        Assert.Equal(join.Count, join.Waiting().Count());
    }

    [Property(MaxTest = 300)]
    public void Beyond_the_limit_the_oldest_leave_and_every_entry_is_accounted_for(byte[] left, byte[] right, byte limit)
    {
        (left, right) = (Few(left), Few(right));
        StreamingJoin<int> join = new((limit % 8) + 1);
        int pairs = 0;
        for (int i = 0; i < Math.Max(left.Length, right.Length); i++)
        {
            if (i < left.Length && join.TryPair(Side.Baseline, Key(left[i]), i, out _))
                pairs++;
            if (i < right.Length && join.TryPair(Side.Candidate, Key(right[i]), i, out _))
                pairs++;
            Assert.True(join.Count <= (limit % 8) + 1);
        }

        Assert.True(pairs <= NaivePairs(left, right).Count);
        int waitingLeft = join.Waiting().Count(entry => entry.Side == Side.Baseline);
        int waitingRight = join.Waiting().Count(entry => entry.Side == Side.Candidate);
        Assert.Equal(left.Length, pairs + waitingLeft + join.Evicted(Side.Baseline));
        Assert.Equal(right.Length, pairs + waitingRight + join.Evicted(Side.Candidate));
    }

    [Fact]
    public void Ten_thousand_entries_of_one_key_wait_in_order()
    {
        StreamingJoin<int> join = new();
        for (int i = 0; i < 10_000; i++)
            Assert.False(join.TryPair(Side.Baseline, 7, i, out _));
        for (int i = 0; i < 10_000; i++)
        {
            Assert.True(join.TryPair(Side.Candidate, 7, -1, out int partner));
            Assert.Equal(i, partner);
        }

        Assert.Equal(0, join.Count);
    }

    [Fact]
    public void Memory_follows_disorder_and_not_length()
    {
        StreamingJoin<int> join = new(limit: 4);
        for (int i = 0; i < 100_000; i++)
        {
            join.TryPair(Side.Baseline, Key(i), i, out _);
            join.TryPair(Side.Candidate, Key(i ^ 1), i, out _);
        }

        Assert.Equal(0, join.Count);
        Assert.Equal(0, join.Evicted(Side.Baseline) + join.Evicted(Side.Candidate));
    }

    /// <summary>Few buckets' worth of distinct low bits, so that chains of different keys occur.</summary>
    private static UInt128 Key(int letter) => new((ulong)letter, (ulong)(letter % 3));

    /// <summary>Few different keys, so that several entries of one key wait at once.</summary>
    private static byte[] Few(byte[] letters) => [.. letters.Select(letter => (byte)(letter % 7))];

    private static List<(int, int)> NaivePairs(byte[] left, byte[] right)
    {
        List<(int, int)> pairs = [];
        bool[] taken = new bool[right.Length];
        for (int i = 0; i < left.Length; i++)
        {
            int j = Enumerable.Range(0, right.Length).FirstOrDefault(at => !taken[at] && right[at] == left[i], -1);
            if (j < 0)
                continue;
            taken[j] = true;
            pairs.Add((i, j));
        }

        return pairs;
    }
}
