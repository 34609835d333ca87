using System.Collections;
using System.Reflection;
using Defragger.Compare;
using Defragger.History;
using Defragger.PowerShell.Commands;
using Defragger.PowerShell.Parameters;
using Defragger.Reports;

namespace Defragger.PowerShell;

/// <summary>A checked call of Invoke-DefragCompare: everything that can be wrong with it is found here, before a process is
/// started or a file is written.</summary>
internal sealed class CompareSetup : IDisposable
{
    private readonly RunOptions _options;
    private readonly ICaseEngine _engine;
    private readonly string _outputPath;
    private readonly bool _outputGiven;
    private readonly string? _history;
    private readonly bool _resume;
    private readonly bool _force;
    private readonly CaseInput _input;
    private CaseSource? _source;
    private bool _goesOn;

    private CompareSetup(InvokeDefragCompareCommand command, Func<string, string> fullPath)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new SetupException(ErrorKind.PlatformNotSupported,
                "Cases run under a launcher that needs Linux; this system is another.", Environment.OSVersion.VersionString);
        }
        string bin = Path.Combine(Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!, "..", "bin");
        string launcher = Program(bin, "defrag-launch");
        _input = CaseInput.Of(fullPath(command.Baseline), fullPath(command.Candidate),
            command.MyInvocation.ExpectingInput || command.Manifest != null);
        Filter = new CaseFilter(command.Filter is string one ? [one] : [], command.Include, command.Exclude);
        Settings = new ComparerSettings(command, fullPath);
        IReadOnlyList<string> baselines = [.. command.Baseline2.Select(path => _input.Further(fullPath(path)))];
        _resume = command.Resume;
        _force = command.Force;
        _outputGiven = command.OutputDirectory != null;
        _outputPath = _outputGiven ? fullPath(command.OutputDirectory!) : DefaultOutput(fullPath("defrag-compare"), _resume);
        long? caseLimit = CaseLimitOf(command.CaseMemoryLimit);
        _engine = EngineSettings.Engine(command, launcher, () => Program(bin, "defrag-task"), Path.Combine(_outputPath, "cluster"), caseLimit);
        _options = new RunOptions
        {
            Comparer = ComparerOf(command, Settings, baselines, bin, fullPath(".")),
            Within = command.FollowLink ? [] : [_input.Baseline, _input.Candidate, .. baselines.Where(Directory.Exists)],
            ThrottleLimit = command.IsGiven(nameof(command.ThrottleLimit)) ? command.ThrottleLimit : _engine.DefaultLimit,
            Throttle = command.Throttle,
            OomRetry = command.OomRetry,
            Tiers = command.MemoryTier is IDictionary tiers ? TiersOf(tiers) : null,
            Budget = SizeOf(command.MemoryBudget, nameof(command.MemoryBudget)),
            CaseMemoryLimit = caseLimit,
            Timeout = command.TimeoutSeconds is double seconds ? TimeSpan.FromSeconds(seconds) : null,
            Reports = [.. command.Report.Distinct()],
            Tolerances = Settings.Tolerances,
            IgnoreRules = Settings.IgnoreRules,
            IgnoreRuleFile = Settings.RulePath,
            FurtherBaselines = baselines,
        };
        if (command.History != null && command.NoHistory)
            throw new SetupException(ErrorKind.InvalidHistory, "-History names a history and -NoHistory wants none; give one of them.", command.History);
        _history = command.NoHistory ? null : command.History is string path ? fullPath(path) : HistoryPath.Default();
        CheckOutput();
    }

    /// <summary>Full path of the baseline's directory.</summary>
    public string Baseline => _input.Baseline;

    /// <summary>Full path of the candidate's directory.</summary>
    public string Candidate => _input.Candidate;

    /// <summary>How the built-in comparer reads a case.</summary>
    public ComparerSettings Settings { get; }

    /// <summary>Which cases take part.</summary>
    public CaseFilter Filter { get; }

    /// <summary>Where cases are handed in; null when the directories tell them.</summary>
    public QueuedCases? Queue => _source as QueuedCases;

    /// <summary>Where output goes, once it is open.</summary>
    public OutputFolder? Folder { get; private set; }

    /// <summary>What a person is asked about, as the object of a sentence.</summary>
    public string Target => $"the cases of '{Candidate}' against those of '{Baseline}', with output in '{_outputPath}'";

    /// <summary>What would be done with it.</summary>
    public string Action =>
        $"Compare with {(_options.Comparer is CommandComparer own ? $"'{own.Program}'" : "the built-in comparer")}, "
        + $"at most {_options.ThrottleLimit} at a time";

    /// <summary>What to say when there was nothing to compare.</summary>
    public string NoCaseMessage =>
        $"There is no case to compare in '{Baseline}' and '{Candidate}'{(Filter.TakesAll ? "" : " that -Filter, -Include and -Exclude let through")}. "
        + "Nothing compared is not a pass.";

    /// <summary>Checks a call.</summary>
    /// <exception cref="SetupException">It cannot be carried out.</exception>
    public static CompareSetup Of(InvokeDefragCompareCommand command, Func<string, string> fullPath) => new(command, fullPath);

    /// <summary>Makes the output directory and takes it for this run.</summary>
    /// <exception cref="SetupException">It cannot be written, or another run writes to it.</exception>
    public void OpenOutput()
    {
        try
        {
            Folder = new OutputFolder(_outputPath);
            _goesOn = _resume && File.Exists(Folder.Journal);
            _source = _input.Open(Filter);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SetupException(ErrorKind.OutputNotWritable,
                $"The output directory '{_outputPath}' cannot be used: {e.Message} Choose another with -OutputDirectory.", _outputPath, e);
        }
    }

    /// <summary>The run itself.</summary>
    public CompareSummary Run(IRunListener listener, CancellationToken stop)
    {
        var header = new JournalHeader(JournalHeader.Version, Version, DateTimeOffset.UtcNow, Baseline, Candidate);
        return CompareSession.Run(_options, _source!, Folder!, header, _goesOn, _engine, _history, listener, stop);
    }

    public void Dispose()
    {
        _source?.Dispose();
        Folder?.Dispose();
    }

    private static string Version { get; } =
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static string Program(string bin, string name)
    {
        string path = Path.GetFullPath(Path.Combine(bin, name));
        return File.Exists(path) ? path : throw new SetupException(ErrorKind.ModuleIncomplete,
            $"The module lacks its program '{path}'. Stage it again with ./defrag build.", path);
    }

    private static CaseComparer ComparerOf(
        InvokeDefragCompareCommand command, ComparerSettings settings, IReadOnlyList<string> baselines, string bin, string location)
    {
        if (command.Command.Length == 0)
            return new BuiltInComparer(Program(bin, "defrag-comparer"), settings.OptionsOf, Version + settings.Identity, baselines);
        string program = command.Command[0];
        if (program.StartsWith('-'))
        {
            throw new SetupException(ErrorKind.InvalidCommand,
                $"'{program}' is neither a parameter of Invoke-DefragCompare nor a program. See Get-Help Invoke-DefragCompare.", program);
        }
        if (!settings.IsEmpty || baselines.Count > 0)
        {
            throw new SetupException(ErrorKind.InvalidCommand,
                "-Format, -Key, -Tolerance, -IgnoreRule, -MaxDifference and -Baseline2 are for the built-in comparer; with -Command the program decides how it reads a file.", program);
        }
        string found = CommandPath.Find(program, location) ?? throw new SetupException(ErrorKind.CommandNotFound,
            $"The program '{program}' of -Command is not there or cannot be run. Give its path, or a name that PATH knows.", program);
        return new CommandComparer([found, .. command.Command.Skip(1)], location);
    }

    private static List<MemoryTier> TiersOf(IDictionary tiers)
    {
        try
        {
            List<MemoryTier> read = [.. DictionaryTransformationAttribute.Entries(tiers).Select(entry => MemoryTier.Create(entry.Key, entry.Value))];
            return MemoryTier.Fault(read) is string fault ? throw new FormatException(fault) : read;
        }
        catch (FormatException e)
        {
            throw new SetupException(ErrorKind.InvalidMemoryTier, e.Message, tiers, e);
        }
    }

    private static long? CaseLimitOf(string? text)
    {
        const long Least = 4L << 20;
        if (SizeOf(text, nameof(InvokeDefragCompareCommand.CaseMemoryLimit)) is not MemorySize size) return null;
        if (size.Share > 0)
        {
            throw new SetupException(ErrorKind.InvalidMemorySize,
                $"-CaseMemoryLimit: '{text}' is a share; a case needs an amount such as 2GB.", text);
        }
        return size.Bytes >= Least ? size.Bytes : throw new SetupException(ErrorKind.InvalidMemorySize,
            $"-CaseMemoryLimit: '{text}' is too little to start a program; 4MB is the least.", text);
    }

    private static MemorySize? SizeOf(string? text, string parameter)
    {
        try
        {
            return text == null ? null : MemorySize.Parse(text);
        }
        catch (FormatException e)
        {
            throw new SetupException(ErrorKind.InvalidMemorySize, $"-{parameter}: {e.Message}", text, e);
        }
    }

    private static string DefaultOutput(string parent, bool resume)
    {
        string? newest = resume && Directory.Exists(parent)
            ? Directory.GetDirectories(parent).Where(run => File.Exists(Path.Combine(run, "journal.jsonl"))).Max(StringComparer.Ordinal)
            : null;
        if (newest != null) return newest;
        string name = Path.Combine(parent, DateTime.Now.ToString("yyyyMMdd-HHmmss", System.Globalization.CultureInfo.InvariantCulture));
        string free = name;
        for (int n = 2; Directory.Exists(free); n++) free = $"{name}-{n}";
        return free;
    }

    private void CheckOutput()
    {
        string journal = Path.Combine(_outputPath, "journal.jsonl");
        if (_outputGiven && File.Exists(journal) && !_resume && !_force)
        {
            throw new SetupException(ErrorKind.OutputExists,
                $"'{journal}' is the journal of an earlier run. Go on with it (-Resume), replace it (-Force), or choose another -OutputDirectory.",
                journal);
        }
        // In the directory of a run reports are its own; elsewhere a file of that name is somebody's.
        string? other = File.Exists(journal) || _force ? null
            : _options.Reports.Select(report => Path.Combine(_outputPath, ReportFiles.NameOf(report))).FirstOrDefault(Path.Exists);
        if (other != null)
        {
            throw new SetupException(ErrorKind.OutputExists,
                $"'{other}' is there and is of no run. Replace it (-Force), or choose another -OutputDirectory.", other);
        }
    }
}
