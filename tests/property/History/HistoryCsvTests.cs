using System.Text;
using Defragger.History;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.History;

/// <summary>CSV out and in again.</summary>
public sealed class HistoryCsvTests
{
    private const string Heading = "case,comparer,platform,outcome,peak_bytes,seconds,ended\n";
    private const string Good = "a/b.json,built-in 1,linux-x64,Ended,1048576,1.5,2026-01-01T12:00:00Z\n";

    [Property]
    public void What_was_written_is_read_again((PositiveInt Name, PositiveInt Peak, NonNegativeInt Time, bool Killed)[] rows)
    {
        string[] names = ["plain", "with,comma", "with \"quotes\"", "two\nlines", "=formula()", " blanks ", "ünïcödé"];
        CaseHistory[] known = [.. rows.Select((row, i) =>
            new CaseHistory { Case = names[row.Name.Get % names.Length] + i, Comparer = "c, \"x\" y", Platform = "p" }
                .With(row.Killed, new PeakSample(DateTimeOffset.UnixEpoch.AddTicks(row.Time.Get * 10L), row.Peak.Get, TimeSpan.FromMicroseconds(row.Time.Get))))];
        using var text = new MemoryStream();
        HistoryCsv.Write(text, known);
        text.Position = 0;
        var faults = new List<string>();
        CaseHistory[] read = [.. HistoryCsv.Read(text, (line, fault) => faults.Add($"{line}: {fault}")).Select(entry =>
            new CaseHistory { Case = entry.Learned.Case, Comparer = entry.Key.Comparer, Platform = entry.Key.Platform }
                .With(entry.Learned.OutOfMemory, entry.Learned.Sample))];
        Assert.Empty(faults);
        Assert.Equal(known, read, CaseHistoryEquality.Instance);
    }

    [Theory]
    [InlineData("a,c,p,Ended,1,1", "6 fields")]
    [InlineData("a,c,p,Ended,1,1,2026-01-01,more", "8 fields")]
    [InlineData("../a,c,p,Ended,1,1,2026-01-01", "'../a' is no case name")]
    [InlineData(",c,p,Ended,1,1,2026-01-01", "no case name")]
    [InlineData("a,,p,Ended,1,1,2026-01-01", "no comparer")]
    [InlineData("a,c,,Ended,1,1,2026-01-01", "no platform")]
    [InlineData("a,c,p,Fine,1,1,2026-01-01", "'Fine'")]
    [InlineData("a,c,p,Ended,0,1,2026-01-01", "'0'")]
    [InlineData("a,c,p,Ended,-5,1,2026-01-01", "'-5'")]
    [InlineData("a,c,p,Ended,9999999999999999999,1,2026-01-01", "'9999999999999999999'")]
    [InlineData("a,c,p,Ended,1,-1,2026-01-01", "'-1'")]
    [InlineData("a,c,p,Ended,1,NaN,2026-01-01", "'NaN'")]
    [InlineData("a,c,p,Ended,1,1,yesterday", "'yesterday'")]
    [InlineData("a,c,p,Ended,1,1,1875-01-01", "'1875-01-01'")]
    public void A_wrong_line_is_told_with_its_number_and_value_and_the_rest_is_read(string line, string told)
    {
        var faults = new List<string>();
        HistoryEntry[] read = Read(Heading + Good + line + "\n" + Good, faults);
        Assert.Equal(2, read.Length);
        Assert.StartsWith("3: ", Assert.Single(faults), StringComparison.Ordinal);
        Assert.Contains(told, faults[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("case,peak\n")]
    [InlineData("\u0000\u0001\u0002")]
    public void A_file_with_another_heading_is_refused(string text) =>
        Assert.Contains("first line", Assert.Throws<FormatException>(() => Read(text, [])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_line_without_end_does_not_fill_memory() =>
        Assert.Throws<FormatException>(() => Read(Heading + "\"" + new string('x', 10_000_000), []));

    private static HistoryEntry[] Read(string text, List<string> faults)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return [.. HistoryCsv.Read(stream, (line, fault) => faults.Add($"{line}: {fault}"))];
    }
}
