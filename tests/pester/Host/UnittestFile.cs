using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>A file of Python's unittest, each test of it one case. They share what they start, so the file runs once, as a
/// whole.</summary>
internal sealed class UnittestFile
{
    private readonly string? _missing;
    private readonly string _output = "";

    /// <summary>Runs the file.</summary>
    public UnittestFile(string path)
    {
        string[] places = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (!places.Any(place => File.Exists(Path.Combine(place, "python3"))))
        {
            _missing = "There is no python3 on the PATH.";
            return;
        }
        var start = new ProcessStartInfo("python3", ["-B", path, "-v"]) { RedirectStandardError = true };
        using Process python = Process.Start(start)!;
        _output = python.StandardError.ReadToEnd();
        python.WaitForExit();
    }

    /// <summary>The names of a file's tests.</summary>
    public static IEnumerable<TheoryDataRow<string>> Names(string path, string title) =>
        Regex.Matches(File.ReadAllText(path), @"^    def (test_\w+)\(", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value)
            .Select(name => new TheoryDataRow<string>(name) { TestDisplayName = $"{title}: {name["test_".Length..].Replace('_', ' ')}" });

    /// <summary>The test came out well; it is skipped with the reason that it was, or its whole class.</summary>
    public void Check(string name)
    {
        if (_missing is not null) Assert.Skip(_missing);
        Match line = Regex.Match(_output, $@"^{name} .*\.\.\. (ok|skipped '(.*)')$", RegexOptions.Multiline);
        if (!line.Success && Regex.Match(_output, @"^setUpClass \(.*\) \.\.\. skipped '(.*)'$", RegexOptions.Multiline) is { Success: true } all)
            Assert.Skip(all.Groups[1].Value);
        Assert.True(line.Success, _output);
        if (line.Groups[2].Success) Assert.Skip(line.Groups[2].Value);
    }
}
