using System.IO.Compression;
using System.Text;
using Defragger.Traces;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Traces;

/// <summary>Traces over the whole range of what one can hold; what a heap does with them is not asked here.</summary>
public static class TraceTexts
{
    internal static Gen<long> AnySize { get; } = Gen.OneOf(
        Gen.Choose(0, 5000).Select(n => (long)n), Gen.Elements(0, 1, Operation.LargestSize - 1, Operation.LargestSize));

    internal static Gen<int> AnySlot { get; } = Gen.OneOf(Gen.Choose(0, 20), Gen.Elements(0, int.MaxValue));

    internal static Gen<Operation> AnyOperation { get; } =
        from kind in Gen.Elements(Enum.GetValues<OperationKind>())
        from slot in AnySlot
        from other in AnySlot
        from size in AnySize
        from power in Gen.Choose(0, 30)
        select kind switch
        {
            OperationKind.Allocate => Operation.Allocate(slot, size, 1L << power),
            OperationKind.AllocateZeroed => Operation.AllocateZeroed(slot, size),
            OperationKind.Resize => Operation.Resize(slot, size),
            OperationKind.Release => Operation.Release(slot),
            OperationKind.AllocateMany => Operation.AllocateMany(Math.Min(slot, int.MaxValue - power), size, power + 1),
            OperationKind.ReleaseMany => Operation.ReleaseMany(Math.Min(slot, int.MaxValue - power), power + 1),
            OperationKind.AllocateVictim => Operation.AllocateVictim(slot, size),
            OperationKind.Split => Operation.Split(slot, other, size),
            OperationKind.Purge => Operation.Purge(size),
            OperationKind.Hold => Operation.Hold(size),
            OperationKind.Restore => Operation.Restore(size),
            OperationKind.Merge => Operation.Merge(size),
            _ => Operation.Refuse(size),
        };

    internal static Gen<string> AnyStory { get; } = Gen
        .Elements("", " ", "#", "# x", "h 4096", "a 1 2", "a\r", "\u2028\ufeff\0\t", "\ud83d\ude00 \ufffd", "word")
        .ArrayOf().Select(lines => string.Join('\n', lines));

    internal static Gen<Trace> AnyTrace { get; } =
        from story in AnyStory
        from granules in Gen.OneOf(Gen.Choose(1, 100).Select(n => (long)n), Gen.Constant(long.MaxValue / 16))
        from growth in Gen.Elements(0, 1, 65536, long.MaxValue)
        from operations in AnyOperation.ArrayOf()
        select new Trace(granules * 16, operations, story, growth);

    internal static void AssertSame(Trace expected, Trace actual)
    {
        Assert.Equal((expected.Capacity, expected.Growth, expected.Story), (actual.Capacity, actual.Growth, actual.Story));
        Assert.Equal(expected.Operations, actual.Operations);
    }
}

public class TraceTests
{
    [Property(MaxTest = 1000)]
    public Property A_trace_reads_back_as_it_was_written() => Prop.ForAll(TraceTexts.AnyTrace.ToArbitrary(), trace =>
    {
        string text = trace.ToString();
        Trace read = Trace.Parse(text);
        TraceTexts.AssertSame(trace, read);
        Assert.Equal(text, read.ToString());
    });

    [Property(MaxTest = 50)]
    public Property A_trace_goes_through_both_kinds_of_files(bool compressed) => Prop.ForAll(TraceTexts.AnyTrace.ToArbitrary(), trace =>
    {
        using var directory = new TemporaryDirectory();
        string path = directory[compressed ? "t.trace.gz" : "t.trace"];
        TraceFile.Write(path, trace);
        TraceTexts.AssertSame(trace, TraceFile.Read(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        Assert.Equal(compressed, File.ReadAllBytes(path)[0] == 0x1f);

        using TraceReader reader = TraceFile.Open(path);
        Assert.Equal((trace.Capacity, trace.Story), (reader.Capacity, reader.Story));
        Assert.Equal(trace.Operations, reader.Operations());
    });

    [Fact]
    public void Each_operation_has_the_text_that_it_is_documented_with()
    {
        const string Text = """
            # Two blocks,
            #
            #  three purges.
            h 8192
            a 0 24
            a 1 0 4096
            a 2 5 1
            z 3 281474976710656
            r 0 48
            f 2147483647
            m 4 80 65536
            d 2147483647 1
            v 5 8192
            s 5 2147483647 100
            s 6 0 1
            p 3
            c 2

            """;
        var trace = Trace.Parse(Text);
        Assert.Equal(Text, trace.ToString());
        Assert.Equal((8192, "Two blocks,\n\n three purges."), (trace.Capacity, trace.Story));
        Assert.Equal(
            [
                Operation.Allocate(0, 24), Operation.Allocate(1, 0, 4096), Operation.Allocate(2, 5, 1),
                Operation.AllocateZeroed(3, 1L << 48), Operation.Resize(0, 48), Operation.Release(int.MaxValue),
                Operation.AllocateMany(4, 80, 65536), Operation.ReleaseMany(int.MaxValue, 1),
                Operation.AllocateVictim(5, 8192), Operation.Split(5, int.MaxValue, 100), Operation.Split(6, 0, 1),
                Operation.Purge(3), Operation.Refuse(2),
            ],
            trace.Operations);
        Assert.Equal("a 1 0 4096", trace.Operations[1].ToString());
    }

    [Fact]
    public void Fields_that_do_not_apply_are_0()
    {
        Assert.Equal(new Operation(OperationKind.Allocate, 1, 2, 16), Operation.Allocate(1, 2));
        Assert.Equal(new Operation(OperationKind.AllocateZeroed, 1, 2, 16), Operation.AllocateZeroed(1, 2));
        Assert.Equal(new Operation(OperationKind.Resize, 1, 2, 0), Operation.Resize(1, 2));
        Assert.Equal(new Operation(OperationKind.Release, 1, 0, 0), Operation.Release(1));
        Assert.Equal(new Operation(OperationKind.AllocateMany, 1, 2, 16, 3), Operation.AllocateMany(1, 2, 3));
        Assert.Equal(new Operation(OperationKind.ReleaseMany, 1, 0, 0, 3), Operation.ReleaseMany(1, 3));
        Assert.Equal(new Operation(OperationKind.AllocateVictim, 1, 2, 0), Operation.AllocateVictim(1, 2));
        Assert.Equal(new Operation(OperationKind.Split, 1, 3, 0, 0, 2), Operation.Split(1, 2, 3));
        Assert.Equal(new Operation(OperationKind.Purge, 0, 2, 0), Operation.Purge(2));
        Assert.Equal(new Operation(OperationKind.Refuse, 0, 2, 0), Operation.Refuse(2));
        Assert.Equal(new Operation(OperationKind.Hold, 0, 2, 0), Operation.Hold(2));
        Assert.Equal(new Operation(OperationKind.Restore, 0, 2, 0), Operation.Restore(2));
        Assert.Equal(new Operation(OperationKind.Merge, 0, 2, 0), Operation.Merge(2));
    }

    [Fact]
    public void The_last_line_needs_no_end_and_16_may_be_said() =>
        Assert.Equal([Operation.Allocate(1, 2)], Trace.Parse("h 4096\na 1 2 16").Operations);

    [Theory]
    [InlineData("", 1, "", "'# TEXT' or 'h CAPACITY")]
    [InlineData("# story only\n", 2, "", "with a multiple of 16")]
    [InlineData("#story\nh 4096\n", 1, "#story", "'# TEXT' or '#'")]
    [InlineData("h 0\n", 1, "h 0", "a multiple of 16 above 0")]
    [InlineData("h 4096 0\n", 1, "h 4096 0", "a growth above 0")]
    [InlineData("h 4096 1 1\n", 1, "h 4096 1 1", "'h CAPACITY [GROWTH]'")]
    [InlineData("h 4097\n", 1, "h 4097", "a multiple of 16 above 0")]
    [InlineData("h 04096\n", 1, "h 04096", "a multiple of 16 above 0")]
    [InlineData("h4096\n", 1, "h4096", "'h CAPACITY")]
    [InlineData("h 4096\r\n", 1, "h 4096\r", "'h CAPACITY")]
    [InlineData("\ufeffh 4096\n", 1, "\ufeffh 4096", "'h CAPACITY")]
    [InlineData("a 1 2\n", 1, "a 1 2", "'h CAPACITY")]
    [InlineData("h 4096\n\n", 2, "", "'a SLOT SIZE [ALIGNMENT]'")]
    [InlineData("h 4096\nf 1\n# late\n", 3, "# late", "whole numbers")]
    [InlineData("h 4096\nh 4096\n", 2, "h 4096", "'a SLOT SIZE [ALIGNMENT]'")]
    [InlineData("h 4096\nx 1 2\n", 2, "x 1 2", "'a SLOT SIZE [ALIGNMENT]'")]
    [InlineData("h 4096\naa 1 2\n", 2, "aa 1 2", "'a SLOT SIZE [ALIGNMENT]'")]
    [InlineData("h 4096\na 1\n", 2, "a 1", "'a SLOT SIZE [ALIGNMENT]'")]
    [InlineData("h 4096\na 1 2 16 4\n", 2, "a 1 2 16 4", "'a SLOT SIZE [ALIGNMENT]'")]
    [InlineData("h 4096\nz 1 2 16\n", 2, "z 1 2 16", "'z SLOT SIZE'")]
    [InlineData("h 4096\nr 1\n", 2, "r 1", "'r SLOT SIZE'")]
    [InlineData("h 4096\nf 1 2\n", 2, "f 1 2", "'f SLOT'")]
    [InlineData("h 4096\nm 1 2\n", 2, "m 1 2", "'m SLOT SIZE COUNT'")]
    [InlineData("h 4096\nm 1 2 0\n", 2, "m 1 2 0", "a count of 1 to 65536")]
    [InlineData("h 4096\nm 1 2 65537\n", 2, "m 1 2 65537", "a count of 1 to 65536")]
    [InlineData("h 4096\nd 1\n", 2, "d 1", "'d SLOT COUNT'")]
    [InlineData("h 4096\nd 1 2 3\n", 2, "d 1 2 3", "'d SLOT COUNT'")]
    [InlineData("h 4096\nd 1 9223372036854775807\n", 2, "d 1 9223372036854775807", "a count of 1 to 65536")]
    [InlineData("h 4096\nd 2147483647 2\n", 2, "d 2147483647 2", "slots of 0 to 2147483647")]
    [InlineData("h 4096\nv 1\n", 2, "v 1", "'v SLOT MOST'")]
    [InlineData("h 4096\nv 1 2 3\n", 2, "v 1 2 3", "'v SLOT MOST'")]
    [InlineData("h 4096\nv 2147483648 2\n", 2, "v 2147483648 2", "a slot of 0 to 2147483647")]
    [InlineData("h 4096\nv 1 281474976710657\n", 2, "v 1 281474976710657", "a size of 0 to 281474976710656")]
    [InlineData("h 4096\ns 1 2\n", 2, "s 1 2", "'s SLOT OTHER SIZE'")]
    [InlineData("h 4096\ns 2147483648 1 2\n", 2, "s 2147483648 1 2", "a slot of 0 to 2147483647")]
    [InlineData("h 4096\ns 1 2147483648 2\n", 2, "s 1 2147483648 2", "a slot of 0 to 2147483647")]
    [InlineData("h 4096\ns 1 2 281474976710657\n", 2, "s 1 2 281474976710657", "a size of 0 to 281474976710656")]
    [InlineData("h 4096\np\n", 2, "p", "'p PAGES'")]
    [InlineData("h 4096\na  1 2\n", 2, "a  1 2", "whole numbers")]
    [InlineData("h 4096\na 1 2 \n", 2, "a 1 2 ", "whole numbers")]
    [InlineData("h 4096\na 01 2\n", 2, "a 01 2", "without a sign or a leading zero")]
    [InlineData("h 4096\na 1 -2\n", 2, "a 1 -2", "without a sign or a leading zero")]
    [InlineData("h 4096\na 1 +2\n", 2, "a 1 +2", "without a sign or a leading zero")]
    [InlineData("h 4096\na 1 0x2\n", 2, "a 1 0x2", "whole numbers")]
    [InlineData("h 4096\na 1 9223372036854775808\n", 2, "a 1 9223372036854775808", "whole numbers up to 9223372036854775807")]
    [InlineData("h 4096\na 2147483648 2\n", 2, "a 2147483648 2", "a slot of 0 to 2147483647")]
    [InlineData("h 4096\nf 4294967296\n", 2, "f 4294967296", "a slot of 0 to 2147483647")]
    [InlineData("h 4096\nr 1 281474976710657\n", 2, "r 1 281474976710657", "a size of 0 to 281474976710656")]
    [InlineData("h 4096\np 281474976710657\n", 2, "p 281474976710657", "a size of 0 to 281474976710656")]
    [InlineData("h 4096\na 1 2 0\n", 2, "a 1 2 0", "an alignment that is a power of two")]
    [InlineData("h 4096\na 1 2 24\n", 2, "a 1 2 24", "an alignment that is a power of two")]
    [InlineData("h 4096\na 1 2 2147483648\n", 2, "a 1 2 2147483648", "a power of two up to 1073741824")]
    public void What_is_no_trace_is_refused_with_line_text_and_what_is_allowed(string text, long line, string offending, string allowed)
    {
        string message = Assert.Throws<FormatException>(() => Trace.Parse(text)).Message;
        Assert.StartsWith($"Line {line}: '{offending}' is not allowed here; write ", message, StringComparison.Ordinal);
        Assert.Contains(allowed, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4096, true)]
    [InlineData(4097, false)]
    [InlineData(10_000_000, false)]
    public void A_line_has_a_longest_length(int length, bool isAllowed)
    {
        string text = "# " + new string('x', length - 2);
        if (isAllowed)
        {
            Assert.Equal(text[2..], Trace.Parse(text + "\nh 4096").Story);
            return;
        }
        string message = Assert.Throws<FormatException>(() => Trace.Parse(text + "\nh 4096")).Message;
        Assert.StartsWith("Line 1: '# xxx", message, StringComparison.Ordinal);
        Assert.EndsWith("...' is not allowed here; write a line of at most 4096 characters.", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Trace(4096, [], text[2..]));
    }

    [Property]
    public Property A_text_that_is_cut_or_spoilt_is_a_trace_or_a_format_error() => Prop.ForAll(
        TraceTexts.AnyTrace.ToArbitrary(), Gen.Choose(0, 1000).Two().ToArbitrary(), (trace, at) =>
        {
            string text = trace.ToString();
            string spoilt = text[..(at.Item1 % text.Length)] + (char)(' ' + at.Item2 % 90) + text[(at.Item2 % text.Length)..];
            try
            {
                TraceTexts.AssertSame(Trace.Parse(spoilt), Trace.Parse(Trace.Parse(spoilt).ToString()));
            }
            catch (FormatException e)
            {
                Assert.StartsWith("Line ", e.Message, StringComparison.Ordinal);
            }
        });

    [Property]
    public Property Every_subsequence_of_a_trace_is_a_trace() => Prop.ForAll(
        TraceTexts.AnyTrace.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (trace, seed) =>
        {
            var random = new System.Random(seed);
            var some = new Trace(trace.Capacity, trace.Operations.Where(_ => random.Next(2) == 0), growth: trace.Growth);
            TraceTexts.AssertSame(some, Trace.Parse(some.ToString()));
        });

    public static TheoryData<Operation> Unsound() =>
    [
        new Operation((OperationKind)13, 0, 0, 0), Operation.Allocate(-1, 1), Operation.Allocate(0, -1), Operation.Allocate(0, (1L << 48) + 1),
        Operation.Allocate(0, 1, 0), Operation.Allocate(0, 1, 24), Operation.Allocate(0, 1, 1L << 31), Operation.Allocate(0, 1, long.MinValue),
        new Operation(OperationKind.AllocateZeroed, 0, 1, 32), new Operation(OperationKind.Resize, 0, 1, 16), new Operation(OperationKind.Release, 0, 1, 0),
        new Operation(OperationKind.Release, 0, 0, 16), new Operation(OperationKind.Purge, 1, 1, 0), new Operation(OperationKind.Refuse, 0, 1, 16),
        new Operation(OperationKind.AllocateMany, 0, 1, 32, 1), new Operation(OperationKind.ReleaseMany, 0, 1, 0, 1),
        new Operation(OperationKind.ReleaseMany, 0, 0, 16, 1), Operation.ReleaseMany(0, -1), Operation.AllocateMany(int.MaxValue, 1, 2),
        new Operation(OperationKind.Release, 0, 0, 0, 1), new Operation(OperationKind.Allocate, 0, 1, 16, 2),
        Operation.Split(0, -1, 1), Operation.AllocateVictim(-1, 1), new Operation(OperationKind.Split, 0, 1, 16, 0, 1),
        new Operation(OperationKind.Split, 0, 1, 0, 1, 1), new Operation(OperationKind.AllocateVictim, 0, 1, 0, 0, 1),
        new Operation(OperationKind.Hold, 1, 1, 0), new Operation(OperationKind.Restore, 1, 1, 0), new Operation(OperationKind.Merge, 1, 2, 0),
    ];

    [Theory]
    [MemberData(nameof(Unsound))]
    public void An_operation_that_no_text_holds_is_refused_with_its_values(Operation operation)
    {
        var refused = Assert.Throws<ArgumentException>(() => new Trace(4096, [Operation.Release(1), operation]));
        Assert.Contains($"slot {operation.Slot}, size {operation.Size}, alignment {operation.Alignment}", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-4096)]
    [InlineData(4095)]
    public void A_capacity_is_a_whole_number_of_granules(long capacity) =>
        Assert.Equal(capacity, Assert.Throws<ArgumentOutOfRangeException>(() => new Trace(capacity, [])).ActualValue);

    [Fact]
    public void A_story_that_is_no_text_is_a_format_error_with_its_line()
    {
        string message = Assert.Throws<FormatException>(() => Trace.Parse("# a\n# b\ud83d\nh 16\n")).Message;
        Assert.StartsWith("Line 2: ", message, StringComparison.Ordinal);
        Assert.Contains("half of a surrogate pair", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_story_is_text() => Assert.Throws<ArgumentException>(() => new Trace(4096, [], "\ud83d"));

    [Fact]
    public void A_failed_write_leaves_the_old_trace_and_nothing_beside_it()
    {
        using var directory = new TemporaryDirectory();
        string path = directory["t.trace"];
        Directory.CreateDirectory(Path.Combine(path, "in the way"));
        Assert.ThrowsAny<IOException>(() => TraceFile.Write(path, new Trace(4096, [])));
        Assert.Empty(Directory.GetFiles(directory.Path));
        Assert.True(Directory.Exists(Path.Combine(path, "in the way")));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory["t.trace"], [.. "# "u8, 0xff, .. "\nh 4096\n"u8]);
        Assert.Contains("UTF-8", Assert.Throws<FormatException>(() => TraceFile.Read(directory["t.trace"])).Message, StringComparison.Ordinal);
        File.WriteAllText(directory["t.trace.gz"], "h 4096\n");
        Assert.Throws<InvalidDataException>(() => TraceFile.Read(directory["t.trace.gz"]));
    }

    [Fact]
    public void A_compressed_trace_that_was_cut_is_refused()
    {
        using var directory = new TemporaryDirectory();
        string path = directory["t.trace.gz"];
        TraceFile.Write(path, new Trace(4096, Enumerable.Range(0, 1000).Select(Operation.Release)));
        using (FileStream file = File.OpenWrite(path)) file.SetLength(file.Length / 2);
        Assert.Throws<InvalidDataException>(() => TraceFile.Read(path));
    }
}
