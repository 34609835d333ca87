using System.Diagnostics;
using System.Globalization;
using Defragger.Engines;
using Xunit;

namespace Defragger.Tests.Engines;

/// <summary>The built launcher, and what tests need to know of processes.</summary>
internal static class LauncherProgram
{
    /// <summary>Only a test that would otherwise hang ever waits this long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static int s_tokens;

    /// <summary>The path of defrag-launch; a failure with the build command when it is not built.</summary>
    public static string Location { get; } = Find();

    /// <summary>A number of seconds to sleep that no other process on the machine sleeps.</summary>
    public static string Token() => string.Create(
        CultureInfo.InvariantCulture, $"9{Environment.ProcessId}.{Interlocked.Increment(ref s_tokens):D6}");

    public static ProcessSpec Shell(string script) => new() { Program = "/bin/sh", Arguments = ["-c", script] };

    /// <summary>Starts a case and waits for its report.</summary>
    public static ProcessReport Run(this NativeLauncher launcher, ProcessSpec spec, long id = 1)
    {
        using var running = new RunningCase(launcher, id, spec);
        return running.Report;
    }

    /// <summary>The living processes that have <paramref name="token"/> among their arguments.</summary>
    public static int[] ProcessesWith(string token) =>
        [.. ProcessIds().Where(pid => ReadOrEmpty($"/proc/{pid}/cmdline").Split('\0').Contains(token))];

    public static int[] ChildrenOf(int parent) => [.. ProcessIds().Where(pid =>
    {
        string stat = ReadOrEmpty($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 1 && fields[1] == parent.ToString(CultureInfo.InvariantCulture);
    })];

    /// <summary>Waits until something is so; fails with the sentence when it never is.</summary>
    public static void Eventually(string sentence, Func<bool> isSo)
    {
        for (var waited = Stopwatch.StartNew(); !isSo(); Thread.Sleep(5))
            Assert.True(waited.Elapsed < Patience, sentence);
    }

    public static void Kill9(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }

    private static IEnumerable<int> ProcessIds() =>
        from directory in Directory.EnumerateDirectories("/proc")
        let name = Path.GetFileName(directory)
        where char.IsAsciiDigit(name[0])
        select int.Parse(name, CultureInfo.InvariantCulture);

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return ""; // It ended meanwhile.
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "Defragger.slnx")))
                continue;
            string path = Path.Combine(at.FullName, "artifacts", "native", "defrag-launch");
            return File.Exists(path) ? path : throw new FileNotFoundException(
                $"{path} is not built: cmake -S lib/Defragger.Native -B artifacts/native && cmake --build artifacts/native");
        }
        throw new DirectoryNotFoundException($"No Defragger.slnx above {AppContext.BaseDirectory}.");
    }
}

/// <summary>A case that was started; ended and waited for by Dispose at the latest.</summary>
internal sealed class RunningCase : IDisposable
{
    private readonly ManualResetEventSlim _ended = new();
    private readonly NativeLauncher _launcher;
    private readonly long _id;
    private ProcessReport? _report;
    private int _calls;

    public RunningCase(NativeLauncher launcher, long id, ProcessSpec spec)
    {
        (_launcher, _id) = (launcher, id);
        launcher.Start(id, spec, (endedId, report) =>
        {
            _report = endedId == id ? report : null;
            Interlocked.Increment(ref _calls);
            _ended.Set();
        });
    }

    public bool HasEnded => _ended.IsSet;

    /// <summary>Waits for the report, which comes once and with the right id.</summary>
    public ProcessReport Report
    {
        get
        {
            Assert.True(_ended.Wait(LauncherProgram.Patience), $"Case {_id} did not end.");
            Assert.Equal(1, _calls);
            return Assert.IsType<ProcessReport>(_report);
        }
    }

    public void Dispose()
    {
        _launcher.Cancel(_id);
        _ended.Wait(LauncherProgram.Patience);
    }
}

/// <summary>One launcher for all tests of a class.</summary>
public sealed class LauncherFixture : IDisposable
{
    public NativeLauncher Launcher { get; } = new(LauncherProgram.Location);

    public void Dispose() => Launcher.Dispose();
}
