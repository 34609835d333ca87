using Defragger.Engines;
using Defragger.Python;
using Defragger.Tests.Engines;
using Xunit;

namespace Defragger.Tests.Python;

/// <summary>The way from a source to the cache, with a source that is built in no time.</summary>
public sealed class SourceBuildTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly List<CommandRunner> _runners = [];
    private readonly PythonStore _store;

    public SourceBuildTests()
    {
        try
        {
            SourcePreflight.Check(needsApt: false, Runner(), _ => { }, default);
        }
        catch (PythonRefusedException e)
        {
            Dispose();
            Assert.Skip(e.Message);
        }
        _store = new PythonStore(_folder["cache"]);
    }

    public void Dispose()
    {
        foreach (CommandRunner runner in _runners) runner.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_source_is_built_once_and_found_again()
    {
        string archive = Archive();
        var seen = new Seen();

        using (SourceBuild.Stock stock = Make(Order(archive), seen)) Assert.True(File.Exists(Path.Combine(stock.Python.Prefix, "bin", "python3")));
        using (Make(Order(archive))) Assert.Equal(1, Configured);

        Assert.Equal(["Hash", "Unpack", "Configure", "Make interpreter", "Make extensions", "Install stock"], seen.Stages);
        Assert.Empty(Directory.GetDirectories(_folder["cache/work"]));
    }

    [Fact]
    public void Other_words_make_another_and_clean_makes_it_again()
    {
        string archive = Archive();

        using (Make(Order(archive))) { }
        using (Make(Order(archive) with { Configure = ["--with-x"] })) Assert.Equal(2, Configured);
        using (Make(Order(archive) with { Clean = true })) Assert.Equal(3, Configured);

        Assert.Equal(2, Directory.GetDirectories(_folder["cache/entries"]).Length);
    }

    [Fact]
    public void Two_builds_at_once_build_once()
    {
        string archive = Archive(script: "sleep 0.3");
        var seen = new Seen();

        Parallel.Invoke(() => Make(Order(archive), seen).Dispose(), () => Make(Order(archive), seen).Dispose());

        Assert.Equal(1, Configured);
        Assert.Contains(seen.Decisions, text => text.StartsWith("Another build", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("echo 'configure: error: no luck' >&2; exit 77", "true", "Configure", "configure: error: no luck")]
    [InlineData("", "@echo x.c:1: error: no luck; exit 1", "Make interpreter", "x.c:1: error: no luck")]
    public void A_failure_tells_its_stage_and_first_error_and_leaves_nothing(string script, string make, string stage, string error)
    {
        var failed = Assert.Throws<PythonBuildException>(() => Make(Order(Archive(script, make))));

        Assert.Equal(stage, failed.Stage);
        Assert.Equal(error, failed.FirstError);
        Assert.Contains(failed.LogPath, failed.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["cache/entries"]));
        Assert.Empty(Directory.GetDirectories(_folder["cache/work"]));
    }

    [Fact]
    public void A_source_that_was_configured_without_the_lock_is_refused_before_make()
    {
        string made = _folder["made"];
        string archive = Archive("echo '#define Py_GIL_DISABLED 1' > pyconfig.h", $"@touch '{made}'");

        var refused = Assert.Throws<PythonRefusedException>(() => Make(Order(archive)));

        Assert.Equal(PythonRefusal.NotSupported, refused.Kind);
        Assert.Contains("free-threaded", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(made));
        Assert.False(Directory.Exists(_folder["cache/entries"]));
        using (Make(Order(Archive("echo '/* #undef Py_GIL_DISABLED */' > pyconfig.h")))) { }
    }

    [Fact]
    public async Task A_build_that_is_stopped_leaves_nothing_and_does_not_hold_up_the_next()
    {
        string token = LauncherProgram.Token();
        using var stop = new CancellationTokenSource();
        string archive = Archive(script: $"test -e '{_folder["go"]}' || sleep {token}");
        var waiting = Task.Run(() => LauncherProgram.Eventually("It sleeps.", () => LauncherProgram.ProcessesWith(token).Length > 0))
            .ContinueWith(_ => stop.Cancel(), TaskScheduler.Default);

        Assert.Throws<OperationCanceledException>(() => Make(Order(archive), stop: stop.Token));

        await waiting;
        Assert.False(Directory.Exists(_folder["cache/entries"]));
        Assert.Empty(Directory.GetDirectories(_folder["cache/work"]));
        LauncherProgram.Eventually("Nothing runs on.", () => LauncherProgram.ProcessesWith(token).Length == 0);
        File.WriteAllText(_folder["go"], "");
        using (Make(Order(archive))) { }
    }

    [Fact]
    public void What_a_killed_build_left_is_no_entry_and_is_removed()
    {
        string archive = Archive();
        using (Make(Order(archive))) { }
        string entry = Assert.Single(Directory.GetDirectories(_folder["cache/entries"]));
        // As far as a kill can leave it: the work of a build under way, or an entry that is being dropped.
        string dead = Path.Combine(_folder["cache/work"], ".defragger-dead");
        Directory.CreateDirectory(dead);
        File.WriteAllText(Path.Combine(dead, "lock"), "");
        Directory.Move(entry, Path.Combine(dead, "dropped"));

        using (Make(Order(archive))) Assert.Equal(2, Configured);

        Assert.Empty(Directory.GetDirectories(_folder["cache/work"]));
    }

    [Fact]
    public void An_entry_of_another_key_with_the_same_name_is_not_taken()
    {
        string archive = Archive();
        using (Make(Order(archive))) { }
        File.AppendAllText(Path.Combine(Assert.Single(Directory.GetDirectories(_folder["cache/entries"])), "key"), "more\n");

        using (Make(Order(archive))) Assert.Equal(2, Configured);
    }

    [Fact]
    public void A_wrong_hash_is_refused_before_anything_is_unpacked()
    {
        var refused = Assert.Throws<PythonRefusedException>(() => Make(Order(Archive()) with { Sha256 = new string('0', 64) }));

        Assert.Equal(PythonRefusal.HashMismatch, refused.Kind);
        Assert.Equal(0, Configured);
        Assert.False(Directory.Exists(_folder["cache/work"]));
    }

    [Fact]
    public void A_clearing_leaves_what_is_in_use()
    {
        string archive = Archive();
        using (Make(Order(archive)))
        {
            Assert.Equal(0, _store.Cache.Clear());
            Assert.NotEqual(0, _store.Cache.Size());
        }
        Assert.NotEqual(0, _store.Cache.Clear());
        Assert.Equal(0, _store.Cache.Size());
    }

    [Fact]
    public void A_copy_names_its_own_place_in_texts_and_nowhere_else()
    {
        using SourceBuild.Stock stock = Make(Order(Archive()));
        string prefix = stock.Python.Prefix, copy = _folder["copy"];
        File.WriteAllBytes(Path.Combine(prefix, "binary"), [0, .. System.Text.Encoding.UTF8.GetBytes(prefix), 0]);
        Directory.CreateDirectory(copy);
        using var log = new LogFile(_folder);
        Runner().RunLogged(PythonCopy.Command(prefix, copy), log.Log, null, default);

        int changed = PythonCopy.Relocate(copy, prefix, "/new");

        Assert.Equal(2, changed);
        Assert.Equal("where: /new\n", File.ReadAllText(Path.Combine(copy, "lib/python3.11/place.txt")));
        Assert.Contains("\"/new\"", File.ReadAllText(Path.Combine(copy, "bin/python3")), StringComparison.Ordinal);
        Assert.NotNull(ProgramPath.Runnable(Path.Combine(copy, "bin/python3")));
        Assert.Equal(File.ReadAllBytes(Path.Combine(prefix, "binary")), File.ReadAllBytes(Path.Combine(copy, "binary")));
        Assert.Equal($"where: {prefix}\n", File.ReadAllText(Path.Combine(prefix, "lib/python3.11/place.txt")));
    }

    private int Configured => File.Exists(_folder["count"]) ? File.ReadAllLines(_folder["count"]).Length : 0;

    private string Archive(string script = "", string make = "true") =>
        FakeSource.Archive(_folder["source.tar"], "3.11.2", count: _folder["count"], script: script, make: make);

    private static SourceBuild.Order Order(string archive) => new() { Path = archive, Jobs = 2 };

    private CommandRunner Runner()
    {
        var runner = new CommandRunner(LauncherProgram.Location);
        lock (_runners) _runners.Add(runner);
        return runner;
    }

    private SourceBuild.Stock Make(SourceBuild.Order order, Seen? seen = null, CancellationToken stop = default)
    {
        CommandRunner runner = Runner();
        var run = new BuildRun(runner, _store.NewLog(), seen ?? new Seen(), stop);
        return new SourceBuild(_store.Cache, runner, new PythonProbe(runner)).Make(order, run);
    }

    private sealed class LogFile(TemporaryDirectory folder) : IDisposable
    {
        public BuildLog Log { get; } = new(folder["log"]);

        public void Dispose() => File.Delete(Log.Path);
    }

    private sealed class Seen : IPythonBuildListener
    {
        private readonly List<string> _stages = [], _decisions = [];

        public IEnumerable<string> Stages => _stages.Distinct();

        public IReadOnlyList<string> Decisions => _decisions;

        public void Moved(string stage, double? fraction, string detail)
        {
            Assert.True(fraction is null or (>= 0 and <= 1), $"{stage}: {fraction}");
            lock (_stages) _stages.Add(stage);
        }

        public void Decided(string message)
        {
            lock (_decisions) _decisions.Add(message);
        }
    }
}
