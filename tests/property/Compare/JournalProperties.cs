using System.Text;
using System.Text.Json;
using Defragger.Admission;
using Defragger.Compare;
using Defragger.Comparers.Differences;
using Defragger.Engines;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Compare;

public static class JournalArbitraries
{
    internal static Gen<JournalLine> Line { get; } =
        from name in Gen.Elements("a", "b/c", "é\u2028\"\\", "x y", "\ud83d\ude00", "d\n")
        from status in Gen.Elements(Enum.GetValues<CaseStatus>())
        from held in Gen.Elements(Enum.GetValues<HoldReason>())
        from reason in ArbMap.Default.GeneratorFor<NonNull<string>>()
        from counts in Gen.OneOf(Gen.Constant((long?)null), Gen.Choose(0, int.MaxValue).Select(n => (long?)n)).ArrayOf(6)
        from exit in Gen.OneOf(Gen.Constant((int?)null), Gen.Choose(0, 255).Select(n => (int?)n))
        from ticks in Gen.Choose(0, int.MaxValue).ArrayOf(5)
        from wait in Gen.Choose(0, 1_000_000)
        select new JournalLine(
            new CaseResult
            {
                Case = name, Status = status, Reason = Plain(reason.Get), HeldBy = held, ExitCode = exit,
                New = counts[0], Absent = counts[1], Updated = counts[2], Unchanged = counts[3], Moved = counts[4], Ignored = counts[5],
                Duration = TimeSpan.FromTicks(ticks[0]), CpuTime = TimeSpan.FromTicks(ticks[1]), PeakMemory = ticks[2],
                PeakSource = PeakSource.Rusage, WaitSeconds = wait / 1000.0, Attempts = 1, Predicted = ticks[4], Reserved = ticks[0],
                PredictedFrom = ticks[1] % 6 == 0 ? null : (PredictionSource)(ticks[1] % 6 - 1),
                Ended = DateTimeOffset.UnixEpoch.AddTicks(ticks[3]), BaselinePath = exit == null ? null : "/b/" + Plain(name),
            },
            new FileStamp(ticks[4], ticks[3]), FileStamp.None, "comparer");

    // JSON text holds Unicode; half a surrogate pair cannot be written in it (nor can it reach a journal from UTF-8 files).
    private static string Plain(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}

public class JournalProperties
{
    private static readonly JournalHeader s_header = new(JournalHeader.Version, "0", DateTimeOffset.UnixEpoch, "/b", "/c");

    [Property(MaxTest = 500)]
    public Property A_line_reads_back_as_it_was_written() => Prop.ForAll(JournalArbitraries.Line.ToArbitrary(), line =>
        JournalJson.Parse(JsonSerializer.SerializeToUtf8Bytes(line, JournalJson.Default.JournalLine)) == line);

    [Fact]
    public void A_line_from_before_memory_was_set_aside_is_still_read()
    {
        JournalLine line = JournalJson.Parse("""
            {"result":{"case":"a","status":"Same","reason":"","baselinePath":"/b/a","candidatePath":"/c/a","exitCode":0,"duration":0.5,
            "cpuTime":0.25,"peakMemory":4096,"peakSource":"Rusage","heldBy":"MemoryTier","waitSeconds":1.5,"attempts":1,
            "ended":"2026-01-01T00:00:00+00:00","resumed":false},"baseline":{"size":1,"written":2},"candidate":{"size":3,"written":4},"comparer":"c"}
            """u8);
        Assert.Equal(("a", CaseStatus.Same, HoldReason.MemoryTier), (line.Result.Case, line.Result.Status, line.Result.HeldBy));
        Assert.Equal((0L, 0L, null), (line.Result.Predicted, line.Result.Reserved, line.Result.PredictedFrom));
        Assert.Equal(new FileStamp(3, 4), line.Candidate);
        Assert.Null(line.Result.Differences);
    }

    [Fact]
    public void Differences_are_read_back_as_they_were_written()
    {
        Difference[] differences =
        [
            new() { Kind = DifferenceKind.New, Place = "src/a.c:3", Rule = "r", File = "src/a.c", Line = 3, After = "\u001b[1m" },
            new() { Kind = DifferenceKind.Noise, Place = "items/0/time", From = "x", Before = "1", After = "2" },
        ];
        var line = new JournalLine(
            new CaseResult { Case = "a", Status = CaseStatus.Changed, Differences = differences }, FileStamp.None, FileStamp.None, "c");
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(line, JournalJson.Default.JournalLine);
        Assert.Equal(differences, JournalJson.Parse(text).Result.Differences);
    }

    [Property(MaxTest = 100)]
    public Property The_last_line_of_each_case_is_found_again_also_after_a_cut() => Prop.ForAll(
        JournalArbitraries.Line.ArrayOf().ToArbitrary(), Gen.Choose(0, 40).ToArbitrary(), (lines, cut) =>
        {
            using var directory = new TemporaryDirectory();
            string path = directory["journal.jsonl"];
            Write(path, lines);
            // A kill in the middle of a write: some bytes of the last line are missing.
            long end = new FileInfo(path).Length;
            if (lines.Length > 0 && cut > 0)
            {
                using FileStream file = File.OpenWrite(path);
                file.SetLength(end - cut);
            }
            JournalLine[] whole = cut > 0 && lines.Length > 0 ? lines[..^1] : lines;

            using var index = new JournalIndex(path);
            Assert.Equal(whole.Select(line => line.Result.Case).Distinct().Count(), index.Count);
            foreach (JournalLine last in whole.GroupBy(line => line.Result.Case).Select(group => group.Last()))
                Assert.Equal(last, index.Find(last.Result.Case));

            using (Journal again = Journal.Append(path, index.Length))
            {
                foreach (JournalLine line in lines) again.Add(line);
            }
            using var second = new JournalIndex(path);
            Assert.Equal(lines.Select(line => line.Result.Case).Distinct().Count(), second.Count);
        });

    [Fact]
    public void A_line_is_in_the_file_as_soon_as_it_was_added()
    {
        using var directory = new TemporaryDirectory();
        using Journal journal = Journal.Create(directory["j"], s_header);
        journal.Add(Gen.Sample(JournalArbitraries.Line, 1, 1).First());
        Assert.Equal(2, Follow(directory["j"]).Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"journal\":99,\"defragger\":\"9\",\"started\":\"2030-01-01T00:00:00Z\",\"baseline\":\"\",\"candidate\":\"\"}\n")]
    [InlineData("not a journal\n")]
    public void What_is_no_journal_is_refused(string text)
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("j", text);
        Assert.Contains(path, Assert.Throws<FormatException>(() => new JournalIndex(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_line_is_refused_with_its_place()
    {
        using var directory = new TemporaryDirectory();
        string path = directory["j"];
        Write(path, []);
        long place = new FileInfo(path).Length;
        File.AppendAllText(path, "{\"result\":\n{}\n");
        Assert.Contains($"at byte {place}", Assert.Throws<FormatException>(() => new JournalIndex(path)).Message, StringComparison.Ordinal);
    }

    private static void Write(string path, JournalLine[] lines)
    {
        using Journal journal = Journal.Create(path, s_header);
        foreach (JournalLine line in lines) journal.Add(line);
    }

    // As tail -f reads it: while the run has it open.
    private static string Follow(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
