using System.Text;
using System.Text.Json;
using Defragger.Comparers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers;

/// <summary>Valid files with a few bytes wrong, as a fuzzer makes them, against models that read them naively.</summary>
public sealed class MutationTests
{
    private static readonly string[] s_json =
    [
        "{\"a\":[1,2.50,{}],\"b\":{\"c\":\"x\\u0041\",\"d\":null},\"e\":-0,\"f\":1e2}",
        "[1700000000.123456789,12345678901234567890,0.1,1e-400,true,\"\\ud83d\\ude00\"]",
        "\uFEFF{\"b\":1,\"a\":{\"b\":[[],{}]}}\n",
        "\"text\"",
    ];

    private static readonly (ComparisonFormat Format, string[] Files)[] s_samples =
    [
        (ComparisonFormat.Json, s_json),
        (ComparisonFormat.JsonLines, [
            string.Concat(s_json.Select(json => json.Trim('\uFEFF', '\n') + "\n")),
            "{\"id\":1}\r\n{\"id\":2}\n\n{\"id\":10}",
            "1\n1\n1\n2\n"]),
        (ComparisonFormat.Csv, [
            "id,name,ms\n1,one,1.5\n2,\"two, \"\"2\"\"\",2\n3,\"line\nbreak\",3\n",
            "a,b\r\n1,\r\n,2\r\n\r\n3,4",
            "\uFEFFonly\n1\n2\n"]),
        (ComparisonFormat.Sarif, [Log("\"tool\":{\"driver\":{\"name\":\"t\"}},", ""), Log("", ",\"tool\":{\"driver\":{\"name\":\"t\"}}")]),
        (ComparisonFormat.Text, ["one\ntwo\r\nthree", "\n\n\n", "a\nb\nc\nd\n"]),
        (ComparisonFormat.Binary, ["\0\u0001\u0002", "abc"]),
    ];

    // What a byte is most interestingly replaced by.
    private static readonly byte[] s_bytes = [.. "\0\t\n\r \"#',-.0159:;=AEa[\\]e{|}"u8, 0x80, 0xC3, 0xED, 0xEF, 0xFE, 0xFF];

    [Property(MaxTest = 2000)]
    public Property A_mutated_file_is_compared_or_refused_and_same_only_if_it_says_the_same(ushort sample, byte[] script)
    {
        (ComparisonFormat format, string[] files) = s_samples[sample % s_samples.Length];
        byte[] original = Encoding.UTF8.GetBytes(files[sample / s_samples.Length % files.Length]);
        byte[] mutated = Mutate(original, script);

        using CaseFiles pair = new(original, mutated);
        ComparisonResult? forward = Compare(pair.BaselinePath, pair.CandidatePath, format);
        ComparisonResult? backward = Compare(pair.CandidatePath, pair.BaselinePath, format);
        ComparisonResult? again = Compare(pair.BaselinePath, pair.CandidatePath, format);
        Assert.Equal(forward?.Differences ?? [], again?.Differences ?? []);
        Assert.Equal(forward, again is null ? null : again with { Differences = forward?.Differences });
        Assert.Equal(forward?.Same, backward?.Same);
        Assert.Equal(forward?.Counts?.Swap(), backward?.Counts);
        if (forward?.Counts is { } counts)
            Assert.Equal(forward.Same, !counts.HasDifference);

        bool equalBytes = original.AsSpan().SequenceEqual(mutated);
        if (equalBytes)
            Assert.True(forward?.Same);
        else
            AssertModelAgrees(format, original, mutated, forward);
        return true.ToProperty()
            .Classify(forward is null, "refused")
            .Classify(forward is { Same: false }, "changed")
            .Classify(forward is { Same: true } && !equalBytes, "same in other bytes");
    }

    private static void AssertModelAgrees(
        ComparisonFormat format,
        byte[] original,
        byte[] mutated,
        ComparisonResult? result)
    {
        switch (format)
        {
            case ComparisonFormat.Json:
                string? before = NaiveContent.OfJson(original);
                try
                {
                    if (NaiveContent.OfJson(mutated) is { } after)
                        Assert.Equal(before == after, result?.Same);
                }
                catch (JsonException)
                {
                    Assert.Null(result);
                }

                break;
            case ComparisonFormat.JsonLines when NaiveContent.OfJsonLines(mutated) is { } lines:
                bool equal = NaiveContent.OfJsonLines(original) == lines;
                Assert.True(result is null ? lines.Contains("raw ", StringComparison.Ordinal) || HasMark(mutated) : result.Same == equal);
                break;
            case ComparisonFormat.Csv when result is { Same: true }:
                Assert.NotEmpty(NaiveContent.OfCsv(original).Intersect(NaiveContent.OfCsv(mutated)));
                break;
            case ComparisonFormat.Sarif when result is { Same: true } && NaiveContent.OfSarif(mutated) is { } findings:
                Assert.Equal(NaiveContent.OfSarif(original), findings);
                break;
            case ComparisonFormat.Text or ComparisonFormat.Binary:
                Assert.False(result!.Same);
                break;
        }
    }

    /// <summary>Null when the comparer refuses; any other exception is the test's.</summary>
    private static ComparisonResult? Compare(string baseline, string candidate, ComparisonFormat format)
    {
        try
        {
            return FileComparer.Compare(baseline, candidate, format);
        }
        catch (ComparisonException)
        {
            return null;
        }
    }

    /// <summary>One to three changes, each from four bytes of the script: what, where, how much, with what.</summary>
    private static byte[] Mutate(byte[] file, byte[] script)
    {
        List<byte> bytes = [.. file];
        int changes = script.Length == 0 ? 0 : 1 + (script.Length % 3);
        for (int change = 0; change < changes; change++)
        {
            byte[] four = [.. Enumerable.Range(change * 4, 4).Select(i => script[i % script.Length])];
            int at = Place(four[1]);
            int length = Math.Min(1 + (four[2] % 8), bytes.Count - at);
            switch (four[0] % 7)
            {
                case 0 when at < bytes.Count:
                    bytes[at] = s_bytes[four[3] % s_bytes.Length];
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << (four[2] % 8));
                    break;
                case 2:
                    bytes.Insert(at, s_bytes[four[3] % s_bytes.Length]);
                    break;
                case 3:
                    bytes.Insert(at, (byte)" \t\r\n"[four[3] % 4]);
                    break;
                case 4:
                    bytes.RemoveRange(at, length);
                    break;
                case 5:
                    bytes.InsertRange(Place(four[3]), bytes.GetRange(at, length));
                    break;
                case 6 when four[2] % 4 == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];

        int Place(byte part) => part * (bytes.Count + 1) / 256;
    }

    private static bool HasMark(byte[] file) => file is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0, 0, 0xFE, 0xFF, ..];

    private static string Log(string before, string after) =>
        "{\"version\":\"2.1.0\",\"runs\":[{" + before + "\"results\":[" + Result(1, "m") + "," + Result(12, "n") + "]" + after + "}]}";

    private static string Result(int line, string text) =>
        "{\"ruleId\":\"R\",\"message\":{\"text\":\"" + text + "\",\"arguments\":[\"1\"]},\"locations\":[{\"physicalLocation\":"
        + "{\"artifactLocation\":{\"uri\":\"a.c\"},\"region\":{\"startLine\":" + line + "}}}],\"partialFingerprints\":{\"p\":\"1\"}}";
}
