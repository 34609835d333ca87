using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>Invoke-Words.ps1 as the hosts call it, with a sample module that gives back what it received.</summary>
public sealed class WordsTests : IDisposable
{
    private readonly Runspace _runspace;

    public WordsTests()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ThreadOptions = PSThreadOptions.UseCurrentThread;
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
    }

    public void Dispose() => _runspace.Dispose();

    [Theory]
    [InlineData("-Path", "a b")]
    [InlineData("-path:a b")]
    [InlineData("-FullName", "a b")]
    [InlineData("-Pa", "a b")]
    [InlineData("-Path:", "a b")]
    [InlineData("a b")]
    public void A_name_a_prefix_an_alias_or_a_position_give_the_same(params string[] words) =>
        Assert.Equal("a b", Bind(words).Path);

    [Theory]
    [InlineData(true, "-Force")]
    [InlineData(true, "-Force:$true")]
    [InlineData(true, "-Force:true")]
    [InlineData(false, "-Force:$false")]
    [InlineData(false, "-Force:FALSE")]
    [InlineData(false, "-Force:0")]
    [InlineData(false)]
    public void A_switch_is_on_or_off(bool on, params string[] words) => Assert.Equal(on, Bind(words).Force);

    [Theory]
    [InlineData("-Count", "-5")]
    [InlineData("-Count:-5")]
    public void A_negative_number_is_a_value(params string[] words) => Assert.Equal(-5, Bind(words).Count);

    [Fact]
    public void An_array_takes_one_word_at_each_mention() =>
        Assert.Equal(["a,b", "c d"], Bind("-Include", "a,b", "-Inc", "c d").Include);

    [Fact]
    public void A_table_is_made_by_the_cmdlet_of_all_its_words()
    {
        IDictionary limit = Bind("-Limit", "a=1", "-Limit", "b=$(2)").Limit;

        Assert.Equal("1", limit["a"]);
        Assert.Equal("$(2)", limit["b"]);
    }

    [Fact]
    public void After_two_dashes_all_words_are_values()
    {
        Received received = Bind("-Force", "--", "-Path", "--", "-5", "$(exit)", "");

        Assert.True(received.Force);
        Assert.Equal("", received.Path);
        Assert.Equal(["-Path", "--", "-5", "$(exit)", ""], received.Rest);
    }

    [Fact]
    public void Common_parameters_work() => Assert.Empty(Call(0, "Test-Word", "-WhatIf").Output);

    [Theory]
    [InlineData("UnknownParameter", "'-Includ0' Did you mean '-Include'", "Test-Word", "-Includ0", "x")]
    [InlineData("AmbiguousParameter", "ambiguous", "Test-Word", "-F")]
    [InlineData("MissingArgument", "-Path:-Force", "Test-Word", "-Path", "-Force")]
    [InlineData("MissingArgument", "-Path needs", "Test-Word", "-Path")]
    [InlineData("ParameterTwice", "-Path takes one", "Test-Word", "-Path", "a", "-Path", "b")]
    [InlineData("InvalidBoolean", "'maybe'", "Test-Word", "-Force:maybe")]
    [InlineData("UnknownCommand", "Did you mean 'Test-Word'", "Test-Wrod")]
    public void A_call_that_cannot_be_made_is_3_and_says_why(string id, string says, params string[] words)
    {
        ErrorRecord error = Assert.Single(Call(3, words).Errors);

        Assert.Equal(id, error.FullyQualifiedErrorId);
        Assert.All(
            says.Split(' ', 2).Where(_ => says.StartsWith('\'')).DefaultIfEmpty(says),
            part => Assert.Contains(part, error.Exception.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "Invoke-Ending")]
    [InlineData(7, "Invoke-Ending", "7")]
    [InlineData(4, "Invoke-Ending", "4", "-Bad")]
    [InlineData(3, "Invoke-Ending", "7", "-Terminate")]
    [InlineData(0, "Invoke-Ending", "7", "-ExitCode:$false")]
    [InlineData(1, "Invoke-Ending", "-ExitCode:$false", "-Terminate")]
    [InlineData(0, "Test-Word")]
    [InlineData(1, "Stop-Everything")]
    public void The_exit_code_is_the_commands_own_if_it_has_one(int code, params string[] words) => Call(code, words);

    [Fact]
    public void A_terminating_error_keeps_its_id() =>
        Assert.StartsWith(
            "SampleWrong",
            Assert.Single(Call(3, "Invoke-Ending", "-Terminate").Errors).FullyQualifiedErrorId,
            StringComparison.Ordinal);

    [Property(MaxTest = 200)]
    public void No_word_changes_on_its_way(NonNull<string>[] random)
    {
        string[] words = [.. random.Select(r => Printable(r.Get)), "$(exit 9)", "@{a=1}", "`n", "'\"", ";", "|", "-x:y", "é\u4e2d"];

        Assert.Equal(words, Bind(["--", .. words]).Rest);
        Assert.Equal(words, Bind(encoded: true, ["--", .. words]).Rest);
        foreach (string word in words.Where(w => w.Length > 0))
            Assert.Equal(word, Bind($"-Path:{word}").Path);
    }

    // A command line cannot hold a NUL, nor half a character once it is UTF-8.
    private static string Printable(string text) =>
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Replace("\0", "", StringComparison.Ordinal)));

    private Received Bind(params string[] words) => Bind(encoded: false, words);

    private Received Bind(bool encoded, string[] words)
    {
        PSObject output = Assert.Single(Call(0, encoded, ["Test-Word", .. words]).Output);
        return new Received(
            (string)output.Properties["Path"].Value,
            (string[])output.Properties["Include"].Value,
            (int)output.Properties["Count"].Value,
            (bool)output.Properties["Force"].Value,
            (IDictionary)output.Properties["Limit"].Value,
            (string[])output.Properties["Rest"].Value);
    }

    private Answer Call(int exitCode, params string[] words) => Call(exitCode, encoded: false, words);

    private Answer Call(int exitCode, bool encoded, string[] words)
    {
        using PowerShell pipeline = PowerShell.Create(_runspace);
        pipeline.AddCommand(Repository.WordsScript).AddParameter("Module", Repository.SampleModule);
        if (encoded)
            pipeline.AddParameter("Encoded", Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Concat(words.Select(w => w + '\0')))));
        else
            pipeline.AddParameter("Words", words);
        PSObject[] output = [.. pipeline.Invoke()];
        Assert.Equal(exitCode, _runspace.SessionStateProxy.GetVariable("LASTEXITCODE"));
        return new Answer(output, [.. pipeline.Streams.Error]);
    }

    private sealed record Answer(PSObject[] Output, ErrorRecord[] Errors);

    private sealed record Received(string Path, string[] Include, int Count, bool Force, IDictionary Limit, string[] Rest);
}
