namespace Defragger.Compare;

/// <summary>What a run leaves behind: its journal, its samples, its logs; and what an earlier run left for it.</summary>
internal sealed class RunOutput : IDisposable
{
    private readonly CaseLogs _logs;
    private readonly JournalIndex? _earlier;

    private RunOutput(CaseLogs logs, string directory, string control, JournalHeader header, JournalIndex? earlier, Journal journal, MemoryLog samples)
    {
        (_logs, Directory, Header, _earlier, Journal, Samples) = (logs, directory, header, earlier, journal, samples);
        Control = new ControlFile(control);
    }

    private RunOutput(OutputFolder folder, JournalHeader header, JournalIndex? earlier, Journal journal, MemoryLog samples)
        : this(folder.Logs, folder.FullPath, folder.Control, header, earlier, journal, samples)
    {
    }

    /// <summary>An earlier run in the same directory is gone on with.</summary>
    public bool Resumes => _earlier != null;

    /// <summary>Where what failed comparers printed is kept.</summary>
    public CaseLogs Logs => _logs;

    /// <summary>Where the run is told to change while it goes on.</summary>
    public ControlFile Control { get; }

    /// <summary>Full path of the directory that all of it lies in.</summary>
    public string Directory { get; }

    /// <summary>The journal's first line: that of the run that is gone on with, if one is.</summary>
    public JournalHeader Header { get; }

    /// <summary>The journal that is written.</summary>
    public Journal Journal { get; }

    /// <summary>The samples that are written.</summary>
    public MemoryLog Samples { get; }

    /// <summary>Begins a run's files; those of an earlier run in the folder are replaced.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static RunOutput Create(OutputFolder folder, JournalHeader header)
    {
        Journal journal = Journal.Create(folder.Journal, header);
        return new RunOutput(folder, header, null, journal, OrDispose(journal, () => MemoryLog.Create(folder.MemorySamples)));
    }

    /// <summary>Goes on with the run whose journal lies in the folder.</summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="FormatException">The journal is damaged.</exception>
    public static RunOutput Resume(OutputFolder folder)
    {
        JournalIndex earlier = Earlier(folder.Journal);
        Journal journal = OrDispose(earlier, () => Journal.Append(folder.Journal, earlier.Length));
        MemoryLog samples = OrDispose(earlier, () => OrDispose(journal, () => MemoryLog.Resume(folder.MemorySamples)));
        return new RunOutput(folder, earlier.Header, earlier, journal, samples);
    }

    /// <summary>Begins the journal of a part of a run, which the run itself takes over; its samples are not kept.</summary>
    /// <param name="journal">Full path of the part's journal.</param>
    /// <param name="logs">Full path of the run's logs.</param>
    /// <param name="header">The journal's first line.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static RunOutput CreatePart(string journal, string logs, JournalHeader header) => new(
        new CaseLogs(logs), Path.GetDirectoryName(logs)!, $"{journal}.control", header, null, Journal.Create(journal, header), MemoryLog.Unkept());

    /// <summary>The earlier result of a case, when it was decided and nothing it rests on has changed; else null.</summary>
    public CaseResult? Earlier(TestCase one, string comparer)
    {
        if (_earlier?.Find(one.Name) is not JournalLine line || !line.Result.Decided || line.Comparer != comparer) return null;
        bool holds = line.Baseline == FileStamp.Of(one.BaselinePath) && line.Candidate == FileStamp.Of(one.CandidatePath);
        return holds ? line.Result with { Resumed = true, OutputDirectory = Directory } : null;
    }

    /// <summary>Keeps what a failed comparer printed.</summary>
    public string? WriteLog(string name, string output, string error) => _logs.Write(name, output, error);

    public void Dispose()
    {
        // Each of them even when one before it fails (a full disk fails the samples' last write).
        try
        {
            Samples.Dispose();
        }
        finally
        {
            Journal.Dispose();
            _earlier?.Dispose();
        }
    }

    private static JournalIndex Earlier(string journal)
    {
        try
        {
            return new JournalIndex(journal);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{e.Message} It cannot be gone on with: choose another output directory, or start anew with -Force.", e);
        }
    }

    private static T OrDispose<T>(IDisposable held, Func<T> make)
    {
        try
        {
            return make();
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }
}
