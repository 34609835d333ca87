using Defragger.Python.Suite;
using Defragger.Tests.Engines;
using Xunit;

namespace Defragger.Tests.Python;

/// <summary>The suite on Pythons that run a test package of ours, in which each test does as it is told; and once on CPython's.</summary>
public sealed class PythonSuiteTests : IDisposable
{
    // A stand-in for Lib/test that is called as the real one is. A test file is a script that prints the body of the report.
    private const string Runner = """
        import os, runpy, sys
        xml, name = sys.argv[2:]
        assert sys.argv[1] == "--junit-xml"
        import io, contextlib
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            runpy.run_module("test." + name)
        with open(xml, "w") as file:
            file.write("<testsuites><testsuite>" + text.getvalue() + "</testsuite></testsuites>")
        sys.exit(2 if "<failure>" in text.getvalue() else 0)
        """;

    private const string Passes = "print('<testcase name=\"test.test_x.T.test_a\"/>')\n";
    private const string Fails = "print('<testcase name=\"test.test_x.T.test_a\"><failure>why</failure></testcase>')\n";

    private readonly TemporaryDirectory _folder = new();
    private readonly string? _python = Find("python3");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_test_that_fails_on_ours_alone_is_a_new_failure_after_a_second_run()
    {
        SuiteResult one = Single(Passes, Fails);
        Assert.Equal((SuiteStatus.NewFailure, 2), (one.Status, one.Runs));
        Assert.Equal(new SuiteDifference("test.test_x.T.test_a", SuiteDifferenceKind.NewFailure, "why"), Assert.Single(one.Differences));
        Assert.Equal((1, 0, 0, 1), (one.Stock.Passed, one.Stock.Failed, one.Python.Passed, one.Python.Failed));
    }

    [Fact]
    public void A_test_that_fails_on_both_is_no_difference()
    {
        SuiteResult one = Single(Fails, Fails);
        Assert.Equal((SuiteStatus.Same, 1), (one.Status, one.Runs));
    }

    [Fact]
    public void A_test_that_fails_once_is_unstable()
    {
        string mark = _folder["mark"];
        SuiteResult one = Single(Passes, $"import os\nif os.path.exists('{mark}'):\n    {Passes}else:\n    open('{mark}', 'w').close()\n    {Fails}");
        Assert.Equal((SuiteStatus.Differs, SuiteDifferenceKind.Unstable), (one.Status, Assert.Single(one.Differences).Kind));
    }

    [Theory]
    [InlineData("import os\nos.abort()\n", "ended by signal 6*")]
    [InlineData("raise ValueError('so it is')\n", "*exit code 1*so it is")]
    [InlineData("import os\nos._exit(0)\n", "no report was written; exit code 0*")]
    [InlineData("print('<broken')\n", "the report is not XML*")]
    [InlineData("import time\ntime.sleep(1000)\n", "ended after the time limit*")]
    public void A_file_that_ends_early_fails_as_a_whole(string script, string reason)
    {
        // The limit is the other Python's too, which is to come to its end on a busy machine.
        TimeSpan limit = script.Contains("sleep", StringComparison.Ordinal) ? TimeSpan.FromSeconds(6) : LauncherProgram.Patience;
        SuiteOptions options = Options(Passes, script) with { FileTimeout = limit, Retries = 0 };
        SuiteDifference one = Assert.Single(Assert.Single(PythonSuite.Run(options, TestContext.Current.CancellationToken)).Differences);
        Assert.Equal((SuiteDifference.WholeFile, SuiteDifferenceKind.NewFailure), (one.Test, one.Kind));
        Assert.Matches($"(?s)^{System.Text.RegularExpressions.Regex.Escape(reason).Replace("\\*", ".*")}$", one.Reason);
    }

    [Fact]
    public void A_run_has_the_default_signals_no_settings_of_the_caller_and_a_folder_of_its_own()
    {
        const string Script = """
            import os, signal, stat, tempfile
            here = os.stat(os.getcwd())
            told = {
                "signals": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
                "settings": not [name for name in os.environ if name.startswith(("PYTHON", "DEFRAGGER")) and name != "PYTHONPATH"],
                "private": stat.S_IMODE(here.st_mode) == 0o700 and os.path.samefile(tempfile.gettempdir(), os.getcwd()),
            }
            for name, good in told.items():
                print(f'<testcase name="{name}">{"" if good else "<failure>no</failure>"}</testcase>')

            """;
        Environment.SetEnvironmentVariable("PYTHONHASHSEED", "7");
        Environment.SetEnvironmentVariable("DEFRAGGER_STATISTICS", "0");
        try
        {
            SuiteResult one = Single(Script, Script);
            Assert.Equal((SuiteStatus.Same, 3, 0), (one.Status, one.Python.Passed, one.Python.Failed));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PYTHONHASHSEED", null);
            Environment.SetEnvironmentVariable("DEFRAGGER_STATISTICS", null);
        }
    }

    [Fact]
    public void A_cancelled_run_ends_what_it_has_started()
    {
        string token = LauncherProgram.Token();
        SuiteOptions options = Options($"import subprocess\nsubprocess.run(['sleep', '{token}'])\n", Passes);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var run = Task.Run(() => PythonSuite.Run(options, stop.Token).ToList(), TestContext.Current.CancellationToken);
        LauncherProgram.Eventually("the test is running", () => LauncherProgram.ProcessesWith(token).Length == 1);
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => run.GetAwaiter().GetResult());
        Assert.Empty(LauncherProgram.ProcessesWith(token));
    }

    [Fact]
    public void A_file_that_this_Python_does_not_have_is_named_and_the_others_run()
    {
        SuiteOptions options = Options(Passes, Passes) with { Files = ["test_gone", "test_x"] };
        Assert.Equal([SuiteStatus.NotThere, SuiteStatus.Same],
            PythonSuite.Run(options, TestContext.Current.CancellationToken).Select(one => one.Status));
    }

    [Fact]
    public void A_Python_without_tests_is_refused_with_what_to_install()
    {
        SuiteOptions options = Options(Passes, Passes) with { Files = ["test_gone"] };
        Assert.Contains("-testsuite", Refusal(options));
    }

    [Fact]
    public void What_is_no_Python_is_refused()
    {
        Assert.Contains("'/nowhere/python' cannot be asked", Refusal(Options(Passes, Passes) with { Python = "/nowhere/python" }));
        Assert.Contains("is no Python", Refusal(Options(Passes, Passes) with { Python = "/bin/echo" }));
        string other = Script("other", "#!/bin/sh\necho '[[3, 1, 4], true, []]'\n");
        Assert.Contains("only one version", Refusal(Options(Passes, Passes) with { Python = other }));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("test_x test_y")]
    [InlineData("")]
    public void A_word_that_is_no_file_is_refused(string file) =>
        Assert.Throws<ArgumentException>(() => PythonSuite.Run(Options(Passes, Passes) with { Files = [file] }));

    [Fact]
    public void Tests_of_CPython_do_not_differ_from_themselves()
    {
        if (_python == null || !HasTestSuite()) Assert.Skip("There is no python3 with its tests (apt-get install python3 libpython3.11-testsuite).");
        var options = new SuiteOptions
        {
            Stock = _python, Python = _python, Launcher = LauncherProgram.Location, Files = ["test_bool", "test_dict", "test_atexit"],
        };
        List<SuiteResult> results = [.. PythonSuite.Run(options, TestContext.Current.CancellationToken)];
        Assert.All(results, one => Assert.Equal(SuiteStatus.Same, one.Status));
        Assert.All(results, one => Assert.NotEqual(0, one.Python.Passed));
    }

    private SuiteResult Single(string stock, string ours) =>
        Assert.Single(PythonSuite.Run(Options(stock, ours), TestContext.Current.CancellationToken));

    private static string Refusal(SuiteOptions options) =>
        Assert.Throws<PythonSuiteException>(() => PythonSuite.Run(options, TestContext.Current.CancellationToken).ToList()).Message;

    private SuiteOptions Options(string stock, string ours)
    {
        if (_python == null) Assert.Skip("There is no python3 (apt-get install python3).");
        return new SuiteOptions
        {
            Stock = Python("stock", stock), Python = Python("ours", ours), Launcher = LauncherProgram.Location, Files = ["test_x"],
        };
    }

    // A Python that finds our package before its own.
    private string Python(string name, string test)
    {
        _folder.Write($"{name}/test/__init__.py", "");
        _folder.Write($"{name}/test/__main__.py", Runner);
        _folder.Write($"{name}/test/libregrtest/__init__.py", "");
        _folder.Write($"{name}/test/test_x.py", test);
        return Script($"{name}/python", $"#!/bin/sh\nPYTHONPATH='{_folder[name]}' exec '{_python}' \"$@\"\n");
    }

    private string Script(string name, string text)
    {
        string path = _folder.Write(name, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private bool HasTestSuite()
    {
        try
        {
            var options = new SuiteOptions { Stock = _python!, Python = _python!, Launcher = LauncherProgram.Location, Files = ["test_bool"] };
            return PythonSuite.Run(options, TestContext.Current.CancellationToken).Single().Status == SuiteStatus.Same;
        }
        catch (PythonSuiteException)
        {
            return false;
        }
    }

    // Debian's first: a script of a version manager would start itself in an environment of its own.
    private static string? Find(string name) => $"/usr/bin:{Environment.GetEnvironmentVariable("PATH")}"
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
