using System.Diagnostics;
using System.IO.Pipes;
using Defragger.Comparers;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers;

/// <summary>What holds for every format alike.</summary>
public sealed class FileComparerTests
{
    private static readonly (ComparisonFormat Format, string Text, string Other)[] s_samples =
    [
        (ComparisonFormat.Sarif, Log(1), Log(2)),
        (ComparisonFormat.Json, "{\"a\":[1,2,{}]}\n", "{\"a\":[1,2,[]]}\n"),
        (ComparisonFormat.JsonLines, "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\":3}\n"),
        (ComparisonFormat.Csv, "a,b\n1,2\n", "a,b\n1,3\n"),
        (ComparisonFormat.Text, "one\ntwo\n", "one\nTwo\n"),
        (ComparisonFormat.Binary, "\0\u0001\u0002", "\0\u0001\u0003"),
        (ComparisonFormat.Xml, "<results><error id=\"a\" msg=\"b\"/></results>", "<results><error id=\"a\" msg=\"c\"/></results>"),
    ];

    public static TheoryData<string> Formats => [.. FormatCatalog.Names.Skip(1)];

    [Property(MaxTest = 200)]
    public void Equal_bytes_are_the_same_in_every_format_and_are_not_parsed(byte[] bytes)
    {
        for (ComparisonFormat format = ComparisonFormat.Auto; format <= ComparisonFormat.Xml; format++)
        {
            ComparisonResult result = CaseFiles.Compare(bytes, bytes, format);
            Assert.True(result.Same);
            Assert.Null(result.Counts);
            Assert.Equal("byte for byte equal", result.Reason);
        }
    }

    [Property(MaxTest = 200)]
    public void Different_bytes_are_changed_as_text_and_as_binary(byte[] left, byte[] right)
    {
        bool equal = left.AsSpan().SequenceEqual(right);
        Assert.Equal(equal, CaseFiles.Compare(left, right, ComparisonFormat.Text).Same);
        ComparisonResult binary = CaseFiles.Compare(left, right, ComparisonFormat.Binary);
        Assert.Equal(equal, binary.Same);
        if (!equal)
        {
            int at = left.AsSpan().CommonPrefixLength(right);
            Assert.StartsWith($"first difference at byte {at}", binary.Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_single_mutation_is_changed_and_swapping_swaps_the_counts(string name)
    {
        Assert.True(FormatCatalog.TryParse(name, out ComparisonFormat format));
        (_, string text, string other) = s_samples.Single(sample => sample.Format == format);
        ComparisonResult forward = CaseFiles.Compare(text, other, format);
        ComparisonResult backward = CaseFiles.Compare(other, text, format);
        Assert.False(forward.Same);
        Assert.False(backward.Same);
        Assert.Equal(forward.Counts?.Swap(), backward.Counts);
    }

    [Fact]
    public void A_difference_in_the_last_byte_of_large_files_is_found()
    {
        byte[] left = new byte[3_000_000];
        byte[] right = new byte[3_000_000];
        right[^1] = 1;
        Assert.Equal("first difference at byte 2999999", CaseFiles.Compare(left, right, ComparisonFormat.Binary).Reason);
        Assert.Equal(new ComparisonCounts(0, 0, 1, 0), CaseFiles.Compare(left, right, ComparisonFormat.Text).Counts);
    }

    [Fact]
    public void A_missing_file_a_directory_and_a_pipe_are_errors_that_name_it()
    {
        using CaseFiles files = new("a", "b");
        string folder = Path.GetDirectoryName(files.BaselinePath)!;
        Assert.Equal($"{folder}/none: no such file", ErrorOf(files.BaselinePath, folder + "/none"));
        Assert.Equal($"{folder}: is a directory", ErrorOf(files.BaselinePath, folder));
        if (!OperatingSystem.IsLinux())
            return;
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        string path = $"/proc/self/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}";
        Assert.Equal($"{path}: not a regular file", ErrorOf(files.BaselinePath, path));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pipe_without_a_writer_and_a_device_without_an_end_are_refused_and_not_waited_for()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using CaseFiles files = new("a", "b");
        string pipe = files.BaselinePath + ".pipe";
        using (Process make = Process.Start("mkfifo", [pipe]))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(pipe + ".link", pipe);
        foreach (string path in (string[])[pipe, pipe + ".link", "/dev/zero"])
            Assert.Equal($"{path}: not a regular file", await Task.Run(() => ErrorOf(path, path), TestContext.Current.CancellationToken));
        Assert.True(FileComparer.Compare("/proc/version", "/proc/version", ComparisonFormat.Auto).Same);
    }

    [Fact]
    public void A_file_that_shrinks_while_it_is_read_is_an_error()
    {
        using CaseFiles files = new(new string('a', 1000), "b");
        File.WriteAllText(files.BaselinePath, "aaa");
        using LineReader reader = new(files.Baseline, bufferSize: 64);
        string error = Assert.Throws<ComparisonException>(() => reader.TryRead(out _)).Message;
        Assert.EndsWith("ends at byte 3 of 1000: it was cut while being read", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_is_one_line_of_json_without_counts_when_nothing_was_counted()
    {
        Assert.Equal(
            "{\"status\":\"changed\",\"format\":\"text\",\"new\":1,\"absent\":2,\"updated\":3,\"unchanged\":4,\"moved\":0,\"ignored\":0,\"reason\":\"it's \\\"so\\\"\"}",
            new ComparisonResult(false, ComparisonFormat.Text, new(1, 2, 3, 4), "it's \"so\"").ToJson());
        Assert.Equal(
            "{\"status\":\"same\",\"format\":\"binary\",\"reason\":\"r\"}",
            new ComparisonResult(true, ComparisonFormat.Binary, null, "r").ToJson());
    }

    [Theory]
    [InlineData("x/report.SARIF", "sarif")]
    [InlineData("report.sarif.json", "sarif")]
    [InlineData("a.json", "json")]
    [InlineData("a.ndjson", "jsonlines")]
    [InlineData("dir.csv/a.tsv", "csv")]
    [InlineData("build.log", "text")]
    [InlineData("a.csv/b", "auto")]
    public void The_name_of_a_file_chooses_its_format(string path, string format) =>
        Assert.Equal(format, FormatCatalog.NameOf(FormatCatalog.Default.ByName(path)));

    [Fact]
    public void Patterns_of_a_user_go_first_and_may_name_folders()
    {
        FormatCatalog catalog = FormatCatalog.Default.With(
            [new("raw/*", ComparisonFormat.Binary), new("*.json", ComparisonFormat.Text), new("*.json", ComparisonFormat.Csv)]);
        Assert.Equal(ComparisonFormat.Binary, catalog.ByName("raw/deep/a.json"));
        Assert.Equal(ComparisonFormat.Text, catalog.ByName("a.json"));
        Assert.Equal(ComparisonFormat.Sarif, catalog.ByName("a.sarif"));
    }

    [Fact]
    public void Without_a_pattern_a_NUL_in_the_first_8_KiB_of_either_file_means_binary()
    {
        using CaseFiles text = new("a\n", "b\n", ending: "");
        Assert.Equal(ComparisonFormat.Text, FileComparer.Compare(text.BaselinePath, text.CandidatePath, ComparisonFormat.Auto).Format);
        using CaseFiles binary = new("a\n", "b\0", ending: "");
        Assert.Equal(ComparisonFormat.Binary, FileComparer.Compare(binary.BaselinePath, binary.CandidatePath, ComparisonFormat.Auto).Format);
        using CaseFiles late = new(new string('a', FormatCatalog.SniffLength) + "\0", "b", ending: "");
        Assert.Equal(ComparisonFormat.Text, FileComparer.Compare(late.BaselinePath, late.CandidatePath, ComparisonFormat.Auto).Format);
    }

    private static string ErrorOf(string baseline, string candidate) =>
        Assert.Throws<ComparisonException>(() => FileComparer.Compare(baseline, candidate, ComparisonFormat.Auto)).Message;

    private static string Log(int line) =>
        "{\"version\":\"2.1.0\",\"runs\":[{\"results\":[{\"locations\":[{\"physicalLocation\":{\"region\":{\"startLine\":"
        + line + "}}}]}]}]}";
}
