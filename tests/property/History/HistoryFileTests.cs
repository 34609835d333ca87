using Defragger.History;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.History;

/// <summary>The file: what goes in comes out, from two runs at once, and through all that can be wrong with a file.</summary>
public sealed class HistoryFileTests : IDisposable
{
    private static readonly DateTimeOffset s_day = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly HistoryKey s_key = new("built-in 1", "linux-x64");
    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _warnings = [];

    private string File => _directory["state/defragger/history.db"];

    public void Dispose() => _directory.Dispose();

    [Property(MaxTest = 50)]
    public void What_a_run_learned_the_next_one_knows((NonEmptyString Name, bool Killed, NonNegativeInt Peak, NonNegativeInt Time)[] learned)
    {
        string file = _directory[Guid.NewGuid().ToString("N")];
        var expected = new Dictionary<string, CaseHistory>();
        using (PeakHistory history = Open(file))
        {
            for (int i = 0; i < learned.Length; i++)
            {
                (string name, PeakSample sample) = ("case" + (learned[i].Name.Get.Length % 7),
                    new PeakSample(s_day.AddMinutes(i), 1L + learned[i].Peak.Get, TimeSpan.FromMicroseconds(learned[i].Time.Get)));
                history.Add(new PeakObservation(name, learned[i].Killed, sample));
                expected[name] = expected.GetValueOrDefault(name, Blank(name)).With(learned[i].Killed, sample);
            }
        }
        using PeakHistory next = Open(file);
        Assert.Equal(expected.Values.OrderBy(one => one.Case, StringComparer.Ordinal), next.Known, CaseHistoryEquality.Instance);
    }

    [Theory]
    [InlineData("a b'c\"d;DROP TABLE history;--")]
    [InlineData("ünïcödé/\u0001\u001f/日本")]
    [InlineData("%_*?[]")]
    public void A_name_is_a_name_whatever_is_in_it(string name)
    {
        using (PeakHistory history = Open(File)) history.Add(new PeakObservation(name, false, Sample(0, 5)));
        using PeakHistory next = Open(File);
        Assert.Equal(name, Assert.Single(next.Known).Case);
    }

    [Fact]
    public void Another_comparer_and_another_platform_have_peaks_of_their_own()
    {
        HistoryKey[] keys = [s_key, s_key with { Comparer = "built-in 2" }, s_key with { Platform = "linux-arm64" }];
        for (int i = 0; i < keys.Length; i++)
        {
            using PeakHistory history = Open(File, keys[i]);
            history.Add(new PeakObservation("a", false, Sample(0, 10 + i)));
        }
        for (int i = 0; i < keys.Length; i++)
        {
            using PeakHistory history = Open(File, keys[i]);
            Assert.Equal(10 + i, Assert.Single(history.Known).Need);
        }
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void Only_the_user_may_read_it()
    {
        Open(File).Dispose();
        Assert.Equal("-rw-------", Mode(File));
        Assert.Equal("-rwx------", Mode(Path.GetDirectoryName(File)!));

        [System.Runtime.Versioning.SupportedOSPlatform("linux")]
        static string Mode(string path)
        {
            UnixFileMode mode = System.IO.File.GetUnixFileMode(path);
            return "-" + string.Concat("rwxrwxrwx".Select((letter, i) => ((int)mode & (256 >> i)) != 0 ? letter : '-'));
        }
    }

    [Theory]
    [InlineData("this is no database, but long enough to be looked at as if it were one: .......................................")]
    [InlineData("SQLite format 3\0, says the file, and then goes on with something else altogether, for longer than a page's head....")]
    public void A_file_that_is_no_database_is_set_aside_and_a_new_one_begun(string text)
    {
        _directory.Write("state/defragger/history.db", text);
        using (PeakHistory history = Open(File)) history.Add(new PeakObservation("a", false, Sample(0, 5)));
        string warning = Assert.Single(_warnings);
        string aside = Assert.Single(Directory.GetFiles(Path.GetDirectoryName(File)!, "*.damaged-*"));
        Assert.Contains(aside, warning, StringComparison.Ordinal);
        Assert.Equal(text, System.IO.File.ReadAllText(aside));
        using PeakHistory next = Open(File);
        Assert.Single(next.Known);
        Assert.Single(_warnings);
    }

    [Fact]
    public void A_database_with_a_broken_page_is_set_aside()
    {
        using (PeakHistory history = Open(File))
        {
            for (int i = 0; i < 2000; i++) history.Add(new PeakObservation($"case{i}", false, Sample(i, 5)));
        }
        using (FileStream file = System.IO.File.OpenWrite(File))
        {
            file.Position = 4096 * 3;
            file.Write(new byte[(int)(file.Length - file.Position)]);
        }
        using PeakHistory next = Open(File);
        Assert.Empty(next.Known);
        Assert.Contains("renamed", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_database_of_another_program_is_left_alone()
    {
        using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_directory["other.db"]};Pooling=false"))
        {
            other.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = other.CreateCommand();
            command.CommandText = "CREATE TABLE precious (a)";
            command.ExecuteNonQuery();
        }
        byte[] before = System.IO.File.ReadAllBytes(_directory["other.db"]);
        Assert.Null(PeakHistory.TryOpen(_directory["other.db"], s_key, _warnings.Add));
        Assert.Contains("another program", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory.Path, "*.damaged-*"));
        Assert.Equal(before.Length, new FileInfo(_directory["other.db"]).Length);
    }

    [Fact]
    public void A_layout_of_the_future_is_left_alone()
    {
        Open(File).Dispose();
        using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=false"))
        {
            other.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = other.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }
        Assert.Null(PeakHistory.TryOpen(File, s_key, _warnings.Add));
        Assert.Contains("layout 99", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/defragger/history.db")]
    [InlineData("/dev/null/history.db")]
    public void A_place_that_cannot_be_written_is_one_warning(string path)
    {
        Assert.Null(PeakHistory.TryOpen(path, s_key, _warnings.Add));
        Assert.Contains(path, Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_fills_up_during_the_run_is_one_warning()
    {
        using PeakHistory history = Open(File);
        using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=false"))
        {
            // As good as a full disk: the table that is written to is gone.
            other.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = other.CreateCommand();
            command.CommandText = "DROP TABLE history";
            command.ExecuteNonQuery();
        }
        history.Add(new PeakObservation("a", false, Sample(0, 5)));
        string? warning = null;
        for (int tries = 0; warning == null && tries < 100; tries++)
        {
            Thread.Sleep(100);
            warning = history.TakeWarning();
        }
        Assert.Contains("not kept", warning, StringComparison.Ordinal);
        for (int i = 0; i < 200_000; i++) history.Add(new PeakObservation("a", false, Sample(i, 5)));
        Assert.Null(history.TakeWarning());
    }

    [Fact]
    public void Two_runs_at_once_lose_nothing()
    {
        const int Runs = 4, Cases = 500;
        Parallel.For(0, Runs, run =>
        {
            using PeakHistory history = Open(File);
            for (int i = 0; i < Cases; i++)
            {
                history.Add(new PeakObservation($"shared{i}", false, Sample((run * Cases) + i, 100 + run)));
                history.Add(new PeakObservation($"own{run}-{i}", false, Sample(i, 100 + run)));
                if (i % 100 == 0) Thread.Sleep(20);
            }
        });
        Assert.Empty(_warnings);
        using PeakHistory next = Open(File);
        Assert.Equal(Cases + (Runs * Cases), next.Known.Count);
        Assert.All(next.Known, one => Assert.Equal(one.Case.StartsWith("shared", StringComparison.Ordinal) ? Runs : 1, one.Runs));
    }

    [Fact]
    public void Runs_that_find_the_same_damage_set_it_aside_once_and_lose_nothing()
    {
        const int Rounds = 20, Runs = 6; // what one of them does in a moment of another shows in a few rounds of a hundred
        for (int round = 0; round < Rounds; round++)
        {
            string file = _directory.Write($"state{round}/history.db", new string('x', 5000));
            var warnings = new System.Collections.Concurrent.ConcurrentQueue<string>();
            Parallel.For(0, Runs, new ParallelOptions { MaxDegreeOfParallelism = Runs }, run =>
            {
                using PeakHistory? history = PeakHistory.TryOpen(file, s_key, warnings.Enqueue);
                Assert.True(history != null, string.Join(' ', warnings));
                history.Add(new PeakObservation($"case{run}", false, Sample(0, 5)));
            });
            Assert.Single(Directory.GetFiles(Path.GetDirectoryName(file)!, "*.damaged-*"));
            using PeakHistory next = Open(file);
            Assert.Equal(Runs, next.Known.Count);
        }
    }

    private PeakHistory Open(string path, HistoryKey? key = null) => PeakHistory.TryOpen(path, key ?? s_key, _warnings.Add)
        ?? throw new InvalidOperationException(string.Join(' ', _warnings));

    private static PeakSample Sample(int minute, long peak) => new(s_day.AddMinutes(minute), peak, TimeSpan.FromSeconds(1));

    private static CaseHistory Blank(string name) => new() { Case = name, Comparer = s_key.Comparer, Platform = s_key.Platform };
}
