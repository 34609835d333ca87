using Defragger.Compare;
using Defragger.Engines;
using Defragger.Gauges;

namespace Defragger.Cluster;

/// <summary>A task on a node: the cases of one chunk, one after the other, within the memory that the task was given.</summary>
/// <remarks>It is the run of one machine (<see cref="CompareRun"/>) with one worker, which finds the task's memory as the tightest of the
/// cgroups above it. A case out of memory is not tried again here: here there is no more.</remarks>
internal static class ChunkRun
{
    /// <summary>Runs a chunk and leaves its results, whole, beside it.</summary>
    /// <param name="folder">Full path of the array's folder.</param>
    /// <param name="task">The task's number.</param>
    /// <param name="launcher">Path of the launcher.</param>
    /// <param name="version">This program's version, for the journal.</param>
    /// <param name="stop">Ends it: what has not ended by then is told as cancelled, and what has not begun not at all.</param>
    /// <exception cref="IOException">The chunk cannot be read, or the results cannot be written.</exception>
    /// <exception cref="FormatException">It is no chunk.</exception>
    /// <exception cref="LauncherLostException">The launcher died, and its case with it.</exception>
    public static void Run(string folder, int task, string launcher, string version, CancellationToken stop)
    {
        var array = new ArrayFolder(folder);
        (ChunkHeader header, IReadOnlyList<ChunkCase> cases) = ChunkFile.Read(array.Chunk(task));
        var options = new RunOptions
        {
            Comparer = new PreparedComparer(header, cases),
            ThrottleLimit = 1,
            OomRetry = 0,
            Within = header.Within,
            Timeout = header.TimeoutSeconds is double seconds ? TimeSpan.FromSeconds(seconds) : null,
            CaseMemoryLimit = header.CaseMemoryLimit,
        };
        var journal = new JournalHeader(JournalHeader.Version, version, DateTimeOffset.UtcNow, "", "");
        using (var source = new ChunkCases(cases, TimeSpan.FromSeconds(header.Seconds), TimeProvider.System))
        using (var gauge = new LinuxMemoryGauge())
        using (var pressure = new PressureGauge())
        using (RunOutput output = RunOutput.CreatePart(array.Part(task), header.Logs, journal))
        using (var starter = new NativeLauncher(launcher))
        {
            var world = new RunWorld(starter, gauge, pressure, TimeProvider.System);
            new CompareRun(options, source, world, output, history: null, source).Run(stop);
        }
        File.Move(array.Part(task), array.Result(task));
    }

    /// <summary>The processes as the run has prepared them: a node needs to know nothing of comparers.</summary>
    private sealed class PreparedComparer(ChunkHeader header, IReadOnlyList<ChunkCase> cases) : CaseComparer
    {
        private readonly Dictionary<string, ChunkCase> _cases = cases.ToDictionary(one => one.Case);

        public override string Identity => header.Comparer;

        public override bool MustReport => header.MustReport;

        public override IReadOnlyList<string> FurtherFiles(TestCase testCase) => _cases[testCase.Name].Further;

        public override ProcessSpec Prepare(TestCase testCase)
        {
            ChunkCase one = _cases[testCase.Name];
            return new ProcessSpec { Program = one.Program, Arguments = one.Arguments, WorkingDirectory = one.Directory };
        }
    }

    /// <summary>A chunk's cases in their order, until its time is over; and the listener that tells when the next may come.</summary>
    /// <remarks>Two are out at a time: one that runs, and one that need not be waited for. What is handed out is compared, so a
    /// chunk whose time is over ends with these two.</remarks>
    private sealed class ChunkCases(IReadOnlyList<ChunkCase> cases, TimeSpan limit, TimeProvider time) : CaseSource, IRunListener
    {
        private const int MostOut = 2;

        private readonly long _began = time.GetTimestamp();
        private int _next, _out;

        public override long? Total => cases.Count;

        public override SourceState TryTake(out TestCase testCase)
        {
            testCase = default;
            if (_next == cases.Count || time.GetElapsedTime(_began) > limit) return SourceState.Done;
            if (_out == MostOut) return SourceState.Pending;
            ChunkCase one = cases[_next++];
            _out++;
            testCase = new TestCase(one.Case, one.Baseline, one.Candidate);
            return SourceState.Taken;
        }

        void IRunListener.Ended(CaseResult result)
        {
            _out--;
            Wake();
        }

        void IRunListener.Decided(string message)
        {
            // Nobody reads it here.
        }

        // A memory limit of a case that cannot be enforced: into the task's log.
        void IRunListener.Warned(string message) => Console.Error.WriteLine(message);

        void IRunListener.Moved(RunProgress progress)
        {
            // Nobody watches.
        }
    }
}
