using System.Globalization;
using System.Management.Automation;
using Defragger.Compare;
using Defragger.Engines;
using Defragger.Measure;
using Defragger.PowerShell.Parameters;

namespace Defragger.PowerShell.Commands;

/// <summary>A cmdlet that measures while it shows how far it is: the measurement has a thread of its own, and the
/// pipeline's thread alone writes.</summary>
public abstract class MeasureCommand : CancellableCommand
{
    private static readonly TimeSpan s_shown = TimeSpan.FromMilliseconds(250);

    /// <summary>Ends the command where there is no /proc.</summary>
    private protected void CheckPlatform()
    {
        if (!OperatingSystem.IsLinux())
            Fail(ErrorKind.PlatformNotSupported, "Memory is read from /proc, which Linux has; this system is another.", Environment.OSVersion.VersionString);
    }

    /// <summary>Ends the command when an earlier measurement's file would be lost.</summary>
    private protected void CheckOutput(string? directory, string name, bool keep)
    {
        if (directory == null || !keep || !File.Exists(Path.Combine(directory, name))) return;
        Fail(ErrorKind.OutputExists,
            $"'{Path.Combine(directory, name)}' is of an earlier measurement. Replace it (-Force), or choose another -OutputDirectory.", directory);
    }

    /// <summary>The output directory, made and held; null for none.</summary>
    private protected OutputFolder? Open(string? directory)
    {
        try
        {
            return directory == null ? null : new OutputFolder(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(ErrorKind.OutputNotWritable,
                $"The output directory '{directory}' cannot be used: {e.Message} Choose another with -OutputDirectory.", directory, e);
            throw;
        }
    }

    /// <summary>A program with its arguments, found before anything is started.</summary>
    private protected ProcessSpec SpecOf(string[] words, double? timeoutSeconds)
    {
        string location = FullPath(".");
        if (CommandPath.Find(words[0], location) is not string program)
        {
            Fail(ErrorKind.CommandNotFound,
                $"The program '{words[0]}' is not there or cannot be run. Give its path, or a name that PATH knows.", words[0]);
            throw new InvalidOperationException(); // not reached
        }
        return new ProcessSpec
        {
            Program = program,
            Arguments = words[1..],
            WorkingDirectory = location,
            Timeout = timeoutSeconds is double seconds ? TimeSpan.FromSeconds(seconds) : null,
            OomScoreAdjust = 0, // as if it had been started by hand
        };
    }

    /// <summary>Runs a measurement and shows its last sample now and then.</summary>
    private protected T Watch<T>(string activity, Func<MeasureOptions, CancellationToken, T> run, MeasureOptions options)
    {
        TreeSample? last = null;
        long peak = 0;
        MeasureOptions watched = options with
        {
            Show = sample =>
            {
                Volatile.Write(ref last, sample);
                peak = Math.Max(peak, sample.Resident); // read by another thread, for a person's eyes
            },
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task<T> task = Task.Factory.StartNew(
            () => run(watched, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        bool shown = false;
        try
        {
            while (!((IAsyncResult)task).AsyncWaitHandle.WaitOne(s_shown))
            {
                if (Volatile.Read(ref last) is not TreeSample sample) continue;
                WriteProgress(new ProgressRecord(0, activity, Status(sample, peak)));
                shown = true;
            }
        }
        finally
        {
            // The pipeline may end within WriteProgress: what was started ends before we do.
            stop.Cancel();
            ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
        }
        if (shown) WriteProgress(new ProgressRecord(0, activity, "done") { RecordType = ProgressRecordType.Completed });
        return Result(task);
    }

    private T Result<T>(Task<T> task)
    {
        try
        {
            return task.GetAwaiter().GetResult();
        }
        catch (ProgramNotStartedException e)
        {
            Fail(ErrorKind.ProgramNotStarted, $"The program did not start: {e.Message}.", null, e);
        }
        catch (ArgumentException e) when (e.ParamName == "id")
        {
            Fail(ErrorKind.ProcessNotFound, $"{e.Message.Split('(')[0].TrimEnd(' ', '.')}. 'ps -e' lists those there are.", null, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            Fail(ErrorKind.MeasureFailed, $"The measurement could not go on: {e.Message}", null, e);
        }
        throw new InvalidOperationException(); // not reached: every Fail above throws
    }

    private static string Status(TreeSample sample, long peak) => string.Create(CultureInfo.InvariantCulture,
        $"{sample.Processes:N0} {(sample.Processes == 1 ? "process" : "processes")}, {MemorySize.Format(sample.Resident)} resident "
        + $"(peak {MemorySize.Format(peak)}), {MemorySize.Format(sample.Available)} available");
}
