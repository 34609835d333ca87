using System.Text;
using Defragger.Comparers;
using Xunit;

namespace Defragger.Tests.Comparers;

/// <summary>What real and hostile runs leave behind: each is an error that says what is wrong and where, or harmless.</summary>
public sealed class BadInputTests
{
    private const string Log = "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"t\"}},\"results\":[]}]}";

    [Theory]
    [InlineData("sarif", Log)]
    [InlineData("json", "{\"a\":[1,2]}")]
    [InlineData("jsonlines", "{\"a\":1}\n{\"a\":2}\n")]
    [InlineData("csv", "a,b\n1,2\n")]
    public void A_mark_of_utf_8_changes_nothing_and_utf_16_is_refused_by_name(string name, string text)
    {
        byte[] plain = Encoding.UTF8.GetBytes(text);
        Assert.True(CaseFiles.Compare(plain, [0xEF, 0xBB, 0xBF, .. plain], Format(name)).Same);
        foreach (Encoding wide in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32])
        {
            byte[] other = [.. wide.GetPreamble(), .. wide.GetBytes(text)];
            Assert.EndsWith("is UTF-16 or UTF-32, and only UTF-8 is read", Error(plain, other, name), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("sarif", "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"\u00e9\"}},\"results\":[{}]}]}")]
    [InlineData("json", "{\"a\":\"\u00e9\"}")]
    [InlineData("jsonlines", "\"\u00e9\"\n")]
    public void Latin_1_is_never_the_same_as_utf_8(string name, string text) =>
        Assert.False(CaseFiles.Compare(Encoding.UTF8.GetBytes(text), Encoding.Latin1.GetBytes(text), Format(name)).Same);

    [Theory]
    [InlineData("sarif")]
    [InlineData("json")]
    [InlineData("jsonlines")]
    public void Ten_thousand_levels_are_refused_with_the_limit(string name)
    {
        string deep = new string('[', 10_000) + new string(']', 10_000);
        string text = name == "sarif" ? Log.Replace("\"results\"", $"\"x\":{deep},\"results\"", StringComparison.Ordinal) : deep;
        Assert.Contains("maximum configured depth of 1000", Error(Encoding.UTF8.GetBytes(Log), Encoding.UTF8.GetBytes(text), name), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sarif", "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"")]
    [InlineData("json", "{\"a\":\"")]
    [InlineData("jsonlines", "{\"a\":\"")]
    public void A_string_of_500_megabytes_is_refused_before_it_is_held(string name, string start)
    {
        // 500 MB that take no room on the disk: NULs, and the mark of a hole.
        using CaseFiles files = new(Log, start);
        using (FileStream hole = new(files.CandidatePath, FileMode.Append))
        {
            hole.Write(new byte[] { (byte)'x' });
            hole.SetLength(500_000_000);
        }

        string error = Assert.Throws<ComparisonException>(
            () => FileComparer.Compare(files.BaselinePath, files.CandidatePath, Format(name))).Message;
        Assert.Matches("a token or record of more than 64 MiB starts at byte|not valid JSON", error);
    }

    [Theory]
    [InlineData("\"ruleId\":\"A\",\"ruleId\":\"B\"", "repeats the key of its ResultRuleId")]
    [InlineData("\"message\":{\"text\":\"a\",\"text\":\"b\"}", "repeats the key of its MessageText")]
    [InlineData("\"level\":\"note\",\"level\":\"error\"", "repeats the key of its Level")]
    public void A_result_that_says_a_thing_twice_is_refused(string members, string problem)
    {
        string text = Log.Replace("[]", $"[{{{members}}}]", StringComparison.Ordinal);
        Assert.Contains(problem, Error(Encoding.UTF8.GetBytes(Log), Encoding.UTF8.GetBytes(text), "sarif"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"results\":[{\"location\":{\"uri\":\"file:///etc/passwd\"}}]")]
    [InlineData("\"artifacts\":[{\"location\":{\"uri\":\"more.sarif\"}}]")]
    public void Findings_in_another_file_are_not_fetched_and_not_passed_over(string reference)
    {
        string text = Log.Replace("\"results\":[]", $"\"externalPropertyFileReferences\":{{{reference}}}", StringComparison.Ordinal);
        string error = Error(Encoding.UTF8.GetBytes(Log), Encoding.UTF8.GetBytes(text), "sarif");
        Assert.Contains("a part of run 1 is in another file (externalPropertyFileReferences at byte", error, StringComparison.Ordinal);
        Assert.True(CaseFiles.Compare(Log, Log.Replace("\"results\"", "\"externalPropertyFileReferences\":{\"graphs\":[{}]},\"results\"", StringComparison.Ordinal), ComparisonFormat.Sarif).Same);
    }

    private static ComparisonFormat Format(string name) => FormatCatalog.TryParse(name, out ComparisonFormat format)
        ? format
        : throw new ArgumentException(name);

    private static string Error(byte[] baseline, byte[] candidate, string format) =>
        Assert.Throws<ComparisonException>(() => CaseFiles.Compare(baseline, candidate, Format(format))).Message;
}
