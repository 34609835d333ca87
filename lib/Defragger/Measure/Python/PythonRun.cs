using System.Globalization;
using System.Reflection;
using Defragger.Compare;
using Defragger.Engines;

namespace Defragger.Measure.Python;

/// <summary>Measures a Python script: starts it with the probe beside it and reads what that wrote.</summary>
internal static class PythonRun
{
    private const string Runner = "defragger_run.py", Probe = "_defragger_probe.py";
    private const int Shown = 10;

    /// <summary>The time from one sample of the probe's to the next, at least.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs a script to its end.</summary>
    /// <param name="python">The Python, with its own options: the spec's program and arguments.</param>
    /// <param name="words">The script and its arguments.</param>
    /// <param name="launcherPath">The program defrag-launch.</param>
    /// <param name="options">How memory is measured from outside.</param>
    /// <param name="stop">Ends it; what was found until then is the result.</param>
    /// <exception cref="ProgramNotStartedException">Python cannot be started, or is none.</exception>
    /// <exception cref="IOException">A file cannot be written or read.</exception>
    public static PythonMeasurement Run(
        ProcessSpec python, IReadOnlyList<string> words, string launcherPath, MeasureOptions options, CancellationToken stop)
    {
        // Mode 0700: nobody else reads what is in a program's memory, or puts code beside the probe.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("defrag-python-");
        try
        {
            string samples = Path.Combine(folder.FullName, "samples.jsonl");
            Unpack(folder.FullName);
            using (File.Open(samples, FileMode.CreateNew)) { }
            ProcessSpec spec = python with
            {
                Arguments =
                [
                    .. python.Arguments, Path.Combine(folder.FullName, Runner), samples,
                    Interval.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), .. words,
                ],
            };
            MemoryMeasurement memory = MeasureRun.Program(spec, launcherPath, options, stop);
            return Of(string.Join(' ', words), [.. ProbeLine.Read(samples)], memory);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What the probe's lines and the kernel's figures say together.</summary>
    /// <exception cref="ProgramNotStartedException">The probe wrote nothing: the script did not begin.</exception>
    internal static PythonMeasurement Of(string command, IReadOnlyList<ProbeLine> lines, MemoryMeasurement memory)
    {
        if (lines.FirstOrDefault(line => line.Kind == "start") is not ProbeLine start)
            throw new ProgramNotStartedException($"the script did not begin: {LastLine(memory.ErrorOutput)}");
        List<PythonSample> samples = [.. lines.Where(line => line.Sample != null).Select(line => SampleOf(line.Seconds, line.Sample!, line.Line))];
        ProbeLine? end = lines.LastOrDefault(line => line.Kind == "end");
        if (end?.Before is ProbeSample before) samples.Add(SampleOf(end.Seconds, before, null));
        List<ProbeLine> censuses = [.. lines.Where(line => line.Census != null)];
        List<TypeAmount> growth = Grown(censuses[^1].Census!.Types, start.Census?.Types ?? []);
        PythonFigures figures = PythonFigures.Of(lines);
        string? largest = LargestOf(lines, figures.PeakLive);
        return new()
        {
            Command = command,
            Python = start.Python,
            Allocator = start.Allocator,
            Verdict = PythonDiagnosis.Of(figures, cause => TypesOf(cause, figures, growth, start, end), SitesOf(samples), largest),
            PeakLive = samples.Max(sample => sample.Live),
            FinalLive = end?.After?.Live ?? samples[^1].Live,
            Collections = samples[^1].Collections,
            Collected = samples[^1].Collected,
            Uncollectable = samples[^1].Uncollectable,
            Growth = growth,
            Largest = largest,
            Samples = samples,
            Memory = memory with { Command = command },
        };
    }

    private static PythonSample SampleOf(double seconds, ProbeSample one, string? line) => new(
        seconds, one.Live, one.Blocks, one.Heap, one.Anonymous, one.Collections, one.Collected, one.Uncollectable, line);

    private static List<TypeAmount> TypesOf(
        MemoryCause cause, PythonFigures figures, List<TypeAmount> growth, ProbeLine start, ProbeLine? end)
    {
        if (cause is MemoryCause.None or MemoryCause.Native) return [];
        if (cause == MemoryCause.ReferenceCycles && end?.Unreachable is { Types.Count: > 0 } found) return Grown(found.Types, []);
        // The walk knows strings and numbers too, which the collector does not track; but what was local has gone by the end.
        bool isThere = cause == MemoryCause.Fragmentation || figures.Reachable >= figures.PeakLive / 2;
        return isThere && end?.Walk is ProbeWalk walk ? Grown(walk.Types, start.Walk?.Types ?? []) : growth;
    }

    private static List<TypeAmount> Grown(Dictionary<string, long> now, Dictionary<string, long> before) =>
    [
        .. now.Select(type => new TypeAmount(type.Key, type.Value - before.GetValueOrDefault(type.Key)))
            .Where(type => type.Amount > 0).OrderByDescending(type => type.Amount).Take(Shown),
    ];

    /// <summary>The lines at which live memory had grown, the one with the most bytes first.</summary>
    private static List<string> SitesOf(List<PythonSample> samples)
    {
        var bytes = new Dictionary<string, long>();
        for (int i = 1; i < samples.Count; i++)
        {
            if (samples[i].Line is string line && samples[i].Live - samples[i - 1].Live is > 0 and long more)
                bytes[line] = bytes.GetValueOrDefault(line) + more;
        }
        return [.. bytes.OrderByDescending(one => one.Value).Take(5).Select(one => one.Key)];
    }

    /// <summary>The largest object in words, if it is worth a look: a tenth of what lived.</summary>
    private static string? LargestOf(IReadOnlyList<ProbeLine> lines, long live)
    {
        ProbeLargest? largest = lines.SelectMany(line => new[] { line.Census?.Largest, line.Walk?.Largest }).OfType<ProbeLargest>().MaxBy(one => one.Bytes);
        return largest == null || largest.Bytes < live / 10 ? null : largest.Type
            + (largest.Length is long length ? string.Create(CultureInfo.InvariantCulture, $" of {length:N0}") : "") + $": {MemorySize.Format(largest.Bytes)}";
    }

    private static string LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } written ? written[^1] : "it wrote nothing";

    private static void Unpack(string folder)
    {
        foreach (string name in new[] { Runner, Probe })
        {
            using Stream source = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
            using FileStream target = File.Open(Path.Combine(folder, name), FileMode.CreateNew);
            source.CopyTo(target);
        }
    }
}
