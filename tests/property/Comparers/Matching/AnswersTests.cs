using System.Globalization;
using Defragger.Comparers;
using Defragger.Comparers.Matching;
using Xunit;

namespace Defragger.Tests.Comparers.Matching;

/// <summary>How well findings of real logs are matched, against answers written by hand (answers.txt).</summary>
public sealed class AnswersTests
{
    private static readonly string s_samples =
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../samples"));

    [Fact]
    public void Precision_and_recall_are_at_least_99_percent()
    {
        int right = 0, told = 0, expected = 0, scenarios = 0;
        List<string> wrong = [];
        foreach (Scenario scenario in Scenario.ReadAll(Path.Combine(AppContext.BaseDirectory, "Comparers/Matching/answers.txt")))
        {
            HashSet<FindingPair> found = Match(scenario.Baseline, scenario.Candidate);
            int agreed = found.Intersect(scenario.Answer).Count();
            (right, told, expected) = (right + agreed, told + found.Count, expected + scenario.Answer.Count);
            scenarios++;
            if (agreed < Math.Max(found.Count, scenario.Answer.Count))
            {
                wrong.Add($"line {scenario.Line}: told {string.Join(' ', found.Except(scenario.Answer).Select(Text))}"
                    + $" and not {string.Join(' ', scenario.Answer.Except(found).Select(Text))}");
            }
        }

        string figures = string.Create(CultureInfo.InvariantCulture,
            $"{scenarios} scenarios, {expected} answers, precision {(double)right / told:0.0000}, recall {(double)right / expected:0.0000}");
        TestContext.Current.TestOutputHelper!.WriteLine(figures);
        Assert.True(scenarios >= 30 && expected >= 400, figures);
        Assert.True(right >= 0.99 * told && right >= 0.99 * expected, $"{figures}\n{string.Join('\n', wrong)}");
    }

    [Fact]
    public void Swapping_the_sides_of_real_logs_swaps_new_and_absent()
    {
        foreach (Scenario scenario in Scenario.ReadAll(Path.Combine(AppContext.BaseDirectory, "Comparers/Matching/answers.txt")))
        {
            using CaseFiles files = new(scenario.Baseline.ToString(), scenario.Candidate.ToString());
            ComparisonResult forward = SarifComparer.Compare(files.Baseline, files.Candidate);
            Assert.Equal(forward.Counts!.Value.Swap(), SarifComparer.Compare(files.Candidate, files.Baseline).Counts);
            Assert.True(SarifComparer.Compare(files.Candidate, files.Candidate).Same);
        }
    }

    private static HashSet<FindingPair> Match(EditedLog baseline, EditedLog candidate)
    {
        using CaseFiles files = new(baseline.ToString(), candidate.ToString());
        HashSet<FindingPair> pairs = [];
        SarifComparer.Compare(files.Baseline, files.Candidate, pairs: pair => Assert.True(pairs.Add(pair with
        {
            Baseline = pair.Baseline < 0 ? -1 : baseline.Numbers[(int)pair.Baseline],
            Candidate = pair.Candidate < 0 ? -1 : candidate.Numbers[(int)pair.Candidate],
        })));
        return pairs;
    }

    private static string Text(FindingPair pair) => pair.Change switch
    {
        FindingChange.New => $"+{pair.Candidate}",
        FindingChange.Absent => $"{pair.Baseline}-",
        FindingChange.Moved => $"{pair.Baseline}>{pair.Candidate}",
        FindingChange.Updated => $"{pair.Baseline}~{pair.Candidate}",
        _ => $"{pair.Baseline}={pair.Candidate}",
    };

    private sealed record Scenario(int Line, EditedLog Baseline, EditedLog Candidate, HashSet<FindingPair> Answer)
    {
        public static IEnumerable<Scenario> ReadAll(string path)
        {
            EditedLog? baseline = null, candidate = null;
            string log = "";
            int number = 0;
            foreach (string line in File.ReadLines(path))
            {
                number++;
                string[] words = line.Split(' ', 2);
                switch (words[0])
                {
                    case "" or "#":
                        break;
                    case "case":
                        bool isReal = words[1].EndsWith(" real", StringComparison.Ordinal);
                        log = isReal ? words[1][..^" real".Length] : words[1];
                        baseline = Read("baseline", log);
                        candidate = isReal ? Read("candidate", log) : null;
                        break;
                    case "both":
                        baseline!.Edit(words[1]);
                        break;
                    case "edit":
                        (candidate ??= baseline!.Clone()).Edit(words[1]);
                        break;
                    case "answer":
                        yield return new(number, baseline!, candidate ?? baseline!.Clone(), Parse(words[1]));
                        break;
                    default:
                        throw new FormatException($"{path}, line {number}: '{line}'");
                }
            }
        }

        private static EditedLog Read(string side, string log) => new(File.ReadAllText(Path.Combine(s_samples, side, log)));

        private static HashSet<FindingPair> Parse(string answer)
        {
            HashSet<FindingPair> pairs = [];
            foreach (string token in answer.Split(' '))
            {
                int at = token.IndexOfAny(['=', '>', '~', '-', '+']);
                FindingChange change = token[at] switch
                {
                    '=' => FindingChange.Unchanged,
                    '>' => FindingChange.Moved,
                    '~' => FindingChange.Updated,
                    '-' => FindingChange.Absent,
                    _ => FindingChange.New,
                };
                List<long> left = Numbers(token[..at]);
                List<long> right = Numbers(token[(at + 1)..]);
                if (left.Count > 0 && right.Count > 0 && left.Count != right.Count)
                    throw new FormatException($"'{token}' pairs {left.Count} with {right.Count}");
                for (int i = 0; i < Math.Max(left.Count, right.Count); i++)
                    Assert.True(pairs.Add(new(left.Count > 0 ? left[i] : -1, right.Count > 0 ? right[i] : -1, change)), token);
            }

            return pairs;
        }

        private static List<long> Numbers(string range)
        {
            if (range.Length == 0)
                return [];
            string[] ends = range.Split("..");
            int first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            int last = int.Parse(ends[^1], CultureInfo.InvariantCulture);
            return [.. Enumerable.Range(first, last - first + 1).Select(i => (long)i)];
        }
    }
}
