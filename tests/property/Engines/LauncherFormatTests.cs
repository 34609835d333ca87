using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Defragger.Engines;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Engines;

/// <summary>Frames and reports as bytes, without a process.</summary>
public class LauncherFormatTests
{
    [Property]
    public Property A_run_frame_says_all_of_its_spec() => Prop.ForAll(Arb.From(Specs), spec =>
    {
        var buffer = new ArrayBufferWriter<byte>();
        Assert.True(LauncherFrame.TryWriteRun(buffer, -5, spec));
        Decoded run = Decode(buffer.WrittenSpan);

        Assert.Equal(unchecked((ulong)-5L), run.Id);
        Assert.Equal((uint)(spec.Timeout?.TotalMilliseconds ?? 0), run.TimeoutMs);
        Assert.Equal((uint)spec.GracePeriod.TotalMilliseconds, run.GraceMs);
        Assert.Equal((ulong)(spec.MemoryLimit ?? 0), run.MemoryLimit);
        Assert.Equal(spec.OomScoreAdjust, run.OomScoreAdjust);
        Assert.Equal((uint)spec.CaptureLimit, run.CaptureLimit);
        Assert.Equal([spec.WorkingDirectory ?? "", spec.Program, .. spec.Arguments], run.Strings);
    });

    [Property]
    public Property Reports_are_read_however_the_stream_is_cut() =>
        Prop.ForAll(Arb.From(Gen.NonEmptyListOf(Reports)), Arb.From(Gen.Choose(1, 5000)), (expected, cut) =>
        {
            var bytes = new MemoryStream();
            for (int i = 0; i < expected.Count; i++)
                Encode(bytes, i, expected[i]);
            var reports = new LauncherReport(new CutStream(bytes.ToArray(), cut));
            for (int i = 0; i < expected.Count; i++)
            {
                Assert.True(reports.TryRead(out long id, out ProcessReport actual));
                Assert.Equal(i, id);
                Assert.Equal(expected[i], actual);
            }
            Assert.False(reports.TryRead(out _, out _));
        });

    [Property]
    public void Answers_to_a_measure_stand_between_reports((NonNegativeInt Id, NonNegativeInt Held)[] held, PositiveInt cut)
    {
        var bytes = new MemoryStream();
        bytes.Write(Encoding.UTF8.GetBytes($"{{\"id\":0,\"measured\":{held.Length}}}\n"));
        foreach ((NonNegativeInt id, NonNegativeInt holds) in held)
        {
            bytes.Write(BitConverter.GetBytes((ulong)id.Get));
            bytes.Write(BitConverter.GetBytes((ulong)holds.Get << 20));
        }
        Encode(bytes, 5, new ProcessReport { StandardOutput = "after" });
        IReadOnlyList<CaseMemory>? told = null;
        var reports = new LauncherReport(new CutStream(bytes.ToArray(), cut.Get), measured => told = measured);
        Assert.True(reports.TryRead(out long id5, out ProcessReport report));
        Assert.Equal((5, "after"), (id5, report.StandardOutput));
        Assert.Equal(held.Select(one => new CaseMemory(one.Id.Get, (long)one.Held.Get << 20)), told);
    }

    [Fact]
    public void An_answer_to_a_measure_that_is_cut_is_refused() =>
        Assert.Throws<InvalidDataException>(() =>
            new LauncherReport(new MemoryStream(Encoding.UTF8.GetBytes("{\"id\":0,\"measured\":2}\n0123456789"))).TryRead(out _, out _));

    [Property]
    public void A_stream_that_is_no_report_is_refused(byte[] bytes)
    {
        var reports = new LauncherReport(new MemoryStream([(byte)'{', .. bytes, (byte)'\n']));
        Assert.Throws<InvalidDataException>(() => reports.TryRead(out _, out _));
    }

    [Fact]
    public void A_report_that_is_cut_is_refused()
    {
        var bytes = new MemoryStream();
        Encode(bytes, 1, new ProcessReport { StandardOutput = "abc" });
        for (int length = 1; length < bytes.Length; length++)
        {
            var reports = new LauncherReport(new MemoryStream(bytes.ToArray()[..length]));
            Assert.Throws<InvalidDataException>(() => reports.TryRead(out _, out _));
        }
    }

    public static TheoryData<ProcessSpec> Nonsense =>
    [
        new ProcessSpec { Program = "a\0b" },
        new ProcessSpec { Program = "a", Arguments = ["a\0b"] },
        new ProcessSpec { Program = "a", WorkingDirectory = "\0" },
        new ProcessSpec { Program = "a", Timeout = TimeSpan.Zero },
        new ProcessSpec { Program = "a", GracePeriod = TimeSpan.FromTicks(-1) },
        new ProcessSpec { Program = "a", MemoryLimit = 0 },
        new ProcessSpec { Program = "a", OomScoreAdjust = 1001 },
        new ProcessSpec { Program = "a", OomScoreAdjust = -1001 },
        new ProcessSpec { Program = "a", CaptureLimit = -1 },
        new ProcessSpec { Program = "a", CaptureLimit = ProcessSpec.MaxCaptureLimit + 1 },
    ];

    [Theory]
    [MemberData(nameof(Nonsense), DisableDiscoveryEnumeration = true)]
    public void A_spec_that_means_nothing_is_refused(ProcessSpec spec) =>
        Assert.ThrowsAny<ArgumentException>(() => LauncherFrame.Validate(spec));

    private static Gen<string> Text =>
        Gen.ListOf(Gen.Elements('a', ' ', '\n', '"', '\'', '\\', 'é', '€', '\u007f')).Select(string.Concat);

    private static Gen<ProcessSpec> Specs =>
        from program in Text
        from arguments in Gen.ListOf(Text)
        from directory in Gen.OneOf(Gen.Constant<string?>(null), Text.Select(text => (string?)("/" + text)))
        from timeout in Gen.OneOf(Gen.Constant<int?>(null), Gen.Choose(1, int.MaxValue).Select(ms => (int?)ms))
        from grace in Gen.Choose(0, 100_000)
        from memory in Gen.OneOf(Gen.Constant<long?>(null), Gen.Choose(1, int.MaxValue).Select(mb => (long?)mb << 20))
        from oom in Gen.Choose(-1000, 1000)
        from capture in Gen.Choose(0, ProcessSpec.MaxCaptureLimit)
        select new ProcessSpec
        {
            Program = program,
            Arguments = arguments,
            WorkingDirectory = directory,
            Timeout = timeout is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            GracePeriod = TimeSpan.FromMilliseconds(grace),
            MemoryLimit = memory,
            OomScoreAdjust = oom,
            CaptureLimit = capture,
        };

    private static Gen<ProcessReport> Reports =>
        from exit in Gen.OneOf(Gen.Constant<int?>(null), Gen.Choose(0, 255).Select(code => (int?)code))
        from signal in Gen.OneOf(Gen.Constant<int?>(null), Gen.Choose(1, 64).Select(number => (int?)number))
        from flags in Gen.Choose(0, 15)
        from error in Gen.OneOf(Gen.Constant<string?>(null), Text.Select(text => (string?)text))
        from time in Gen.Choose(0, int.MaxValue)
        from source in Gen.Elements(PeakSource.None, PeakSource.Rusage, PeakSource.Cgroup)
        from limited in Gen.Elements<bool?>(null, false, true)
        from output in Text
        from more in Gen.Choose(0, 300)
        from errors in Text
        select new ProcessReport
        {
            ExitCode = exit,
            Signal = signal,
            TimedOut = (flags & 1) != 0,
            Cancelled = (flags & 2) != 0,
            OutOfMemory = (flags & 4) != 0,
            StartError = error,
            Duration = TimeSpan.FromMicroseconds(time),
            UserTime = TimeSpan.FromMicroseconds(time / 2),
            SystemTime = TimeSpan.FromMicroseconds(time / 3),
            PeakMemory = (long)time << 10,
            PeakSource = source,
            MemoryLimited = limited,
            Strays = flags,
            StandardOutput = string.Concat(Enumerable.Repeat(output, more)),
            StandardOutputLength = (long)time << 20,
            StandardError = errors,
            StandardErrorLength = time,
        };

    private static void Encode(MemoryStream stream, long id, ProcessReport report)
    {
        byte[] output = Encoding.UTF8.GetBytes(report.StandardOutput);
        byte[] error = Encoding.UTF8.GetBytes(report.StandardError);
        string line = string.Create(CultureInfo.InvariantCulture, $$"""
            {"id":{{id}},"exit":{{Json(report.ExitCode)}},"signal":{{Json(report.Signal)}},"later":[{"x":1}],
            "timeout":{{Json(report.TimedOut)}},"cancelled":{{Json(report.Cancelled)}},"oom":{{Json(report.OutOfMemory)}},
            "error":{{Json(report.StartError)}},"wall_us":{{report.Duration.Ticks / 10}},"user_us":{{report.UserTime.Ticks / 10}},
            "system_us":{{report.SystemTime.Ticks / 10}},"peak_bytes":{{report.PeakMemory}},
            "peak_source":"{{report.PeakSource.ToString().ToLowerInvariant()}}","memory_limited":{{Json(report.MemoryLimited)}},
            "strays":{{report.Strays}},"stdout":{{output.Length}},"stdout_total":{{report.StandardOutputLength}},
            "stderr":{{error.Length}},"stderr_total":{{report.StandardErrorLength}}}
            """);
        stream.Write(Encoding.UTF8.GetBytes(line.ReplaceLineEndings("") + "\n"));
        stream.Write(output);
        stream.Write(error);
    }

    private static string Json<T>(T value) => System.Text.Json.JsonSerializer.Serialize(value);

    private sealed record Decoded(
        ulong Id, uint TimeoutMs, uint GraceMs, ulong MemoryLimit, int OomScoreAdjust, uint CaptureLimit, string[] Strings);

    /// <summary>The decoder of frame.c once more, naively.</summary>
    private static Decoded Decode(ReadOnlySpan<byte> frame)
    {
        Assert.Equal(frame.Length - 4, (int)BinaryPrimitives.ReadUInt32LittleEndian(frame));
        Assert.Equal(1, frame[4]);
        string[] strings = Encoding.UTF8.GetString(frame[41..]).Split('\0');
        Assert.Equal("", strings[^1]);
        Assert.Equal(strings.Length - 2, (int)BinaryPrimitives.ReadUInt32LittleEndian(frame[37..]));
        return new Decoded(
            BinaryPrimitives.ReadUInt64LittleEndian(frame[5..]),
            BinaryPrimitives.ReadUInt32LittleEndian(frame[13..]),
            BinaryPrimitives.ReadUInt32LittleEndian(frame[17..]),
            BinaryPrimitives.ReadUInt64LittleEndian(frame[21..]),
            BinaryPrimitives.ReadInt32LittleEndian(frame[29..]),
            BinaryPrimitives.ReadUInt32LittleEndian(frame[33..]),
            strings[..^1]);
    }

    /// <summary>Gives at most a few bytes at a time, as pipes do.</summary>
    private sealed class CutStream(byte[] bytes, int cut) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, cut));
    }
}
