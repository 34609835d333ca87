using Defragger.Comparers;
using Defragger.Comparers.Matching;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers.Matching;

/// <summary>Equal findings take each other away. A byte is a finding: 4 keys, either side.</summary>
public sealed class EqualPassTests
{
    [Property(MaxTest = 300)]
    public void The_nth_of_a_key_is_paired_with_the_nth(byte[] letters)
    {
        List<(long, long)> pairs = [];
        List<long> left = [.. EqualPass.Run(Sorted(letters), (here, there) => pairs.Add((here, there))).Select(f => f.Number)];
        List<(long, long)> expected = [];
        List<int> alone = [];
        for (int key = 0; key < 4; key++)
        {
            int[] here = Numbers(letters, key, Side.Baseline);
            int[] there = Numbers(letters, key, Side.Candidate);
            expected.AddRange(here.Zip(there, (h, t) => ((long)h, (long)t)));
            alone.AddRange([.. here.Skip(there.Length), .. there.Skip(here.Length)]);
        }

        Assert.Equal(expected, pairs);
        Assert.Equal(alone.Select(number => (long)number).Order(), left.Order());
    }

    [Property(MaxTest = 300)]
    public Property However_few_are_held_as_many_are_left_over(byte[] letters, PositiveInt most)
    {
        int pairs = 0;
        int mostHeld = (most.Get % 3) + 1;
        ILookup<(UInt128, Side), StoredFinding> left = EqualPass.Run(Sorted(letters), (_, _) => pairs++, mostHeld)
            .ToLookup(finding => (finding.Key, finding.Side));
        int equal = 0;
        bool isExceeded = false;
        for (int key = 0; key < 4; key++)
        {
            int here = Numbers(letters, key, Side.Baseline).Length;
            int there = Numbers(letters, key, Side.Candidate).Length;
            Assert.Equal(Math.Max(0, here - there), left[((UInt128)key + 1, Side.Baseline)].Count());
            Assert.Equal(Math.Max(0, there - here), left[((UInt128)key + 1, Side.Candidate)].Count());
            equal += Math.Min(here, there);
            isExceeded |= here > mostHeld;
        }

        Assert.Equal(equal, pairs);
        return true.ToProperty().Classify(isExceeded, "more than are held");
    }

    private static List<StoredFinding> Sorted(byte[] letters)
    {
        List<StoredFinding> findings =
        [
            .. letters.Select((letter, i) => new StoredFinding(
                SideOf(letter), new FindingTraits { Key = (UInt128)(letter % 4) + 1, Number = i })),
        ];
        findings.Sort();
        return findings;
    }

    private static int[] Numbers(byte[] letters, int key, Side side) =>
        [.. Enumerable.Range(0, letters.Length).Where(i => letters[i] % 4 == key && SideOf(letters[i]) == side)];

    private static Side SideOf(byte letter) => letter / 4 % 2 == 0 ? Side.Baseline : Side.Candidate;
}
