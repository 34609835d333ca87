using System.Diagnostics;
using Defragger.Engines;

namespace Defragger.Python;

/// <summary>One build under way: its log, the stages with their times, and what stops it.</summary>
internal sealed class BuildRun(CommandRunner runner, BuildLog log, IPythonBuildListener listener, CancellationToken stop)
{
    private readonly List<PythonStage> _stages = [];
    private string _stage = "";

    /// <summary>The log.</summary>
    public BuildLog Log => log;

    /// <summary>Stops the build.</summary>
    public CancellationToken Stop => stop;

    /// <summary>What was done so far.</summary>
    public IReadOnlyList<PythonStage> Stages => [.. _stages];

    /// <summary>Does a stage and notes its time.</summary>
    /// <exception cref="PythonBuildException">A file could not be read or written.</exception>
    public void Do(string name, Action work)
    {
        stop.ThrowIfCancellationRequested();
        _stage = name;
        listener.Moved(name, 0, "");
        long began = Stopwatch.GetTimestamp();
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new PythonBuildException(name, e.Message.TrimEnd('.'), log, e);
        }
        _stages.Add(new PythonStage(name, Stopwatch.GetElapsedTime(began)));
    }

    /// <summary>Tells how far the stage has come.</summary>
    public void Tell(double? fraction, string detail) => listener.Moved(_stage, fraction, detail);

    /// <summary>Tells a decision, and logs it.</summary>
    public void Decide(string message)
    {
        log.Write($"# {message}");
        listener.Decided(message);
    }

    /// <summary>Runs a command of the stage to its good end.</summary>
    /// <param name="command">The command.</param>
    /// <param name="watch">Called a few times a second.</param>
    /// <exception cref="PythonBuildException">It did not end well.</exception>
    public void Run(BuildCommand command, Action? watch = null)
    {
        ProcessReport report = runner.RunLogged(command, log, watch, stop);
        if (CommandRunner.Failure(report) is string failure) throw Failed($"'{Path.GetFileName(command.Program)}': {failure}");
    }

    /// <summary>Runs a command of the stage whose output goes to a file of its own.</summary>
    /// <exception cref="PythonBuildException">It did not end well.</exception>
    public void RunInto(BuildCommand command, BuildLog other)
    {
        log.Write(command);
        ProcessReport report = runner.RunLogged(command, other, null, stop);
        if (CommandRunner.Failure(report) is string failure) throw Failed($"'{Path.GetFileName(command.Program)}': {failure}");
    }

    /// <summary>The failure of the stage.</summary>
    public PythonBuildException Failed(string reason) => new(_stage, reason, log);
}
