using System.Globalization;
using System.Management.Automation;
using Defragger.Compare;

namespace Defragger.PowerShell;

/// <summary>Shows a run in a session: results and errors as they come, one progress line, decisions for -Verbose.</summary>
/// <remarks>Used on the pipeline's thread only.</remarks>
internal sealed class RunView(PSCmdlet command)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);
    private const string Activity = "Comparing";

    private RunProgress? _shown;
    private long _shownAt;

    /// <summary>Shows all that the run has told so far.</summary>
    public void Show(RunPump pump)
    {
        while (pump.TryTake(out object? told))
        {
            if (told is CaseResult result) Write(result);
            else if (told is RunPump.Message { IsWarning: true } warning) command.WriteWarning(warning.Text);
            else if (told is RunPump.Message message) command.WriteVerbose(message.Text);
        }
        ShowProgress(pump.Progress);
    }

    /// <summary>Takes the progress line away.</summary>
    public void Close()
    {
        if (_shown != null) command.WriteProgress(new ProgressRecord(0, Activity, "done") { RecordType = ProgressRecordType.Completed });
    }

    /// <summary>Writes the last lines as Write-Host does: seen on a terminal, never in the output, caught with 6>.</summary>
    public void Summarize(IEnumerable<string> lines)
    {
        foreach (string line in lines)
            command.WriteInformation(new HostInformationMessage { Message = line }, ["PSHOST", "Defragger"]);
    }

    private void Write(CaseResult result)
    {
        command.WriteObject(result);
        ErrorKind? kind = result.Status switch
        {
            CaseStatus.Error => ErrorKind.CaseError,
            CaseStatus.Timeout => ErrorKind.CaseTimeout,
            CaseStatus.OutOfMemory => ErrorKind.CaseOutOfMemory,
            CaseStatus.DoesNotFit => ErrorKind.CaseDoesNotFit,
            _ => null,
        };
        if (kind is ErrorKind error)
            command.WriteError(error.Record($"{result.Case}: {result.Reason}", result));
    }

    private void ShowProgress(RunProgress? progress)
    {
        if (progress == null || ReferenceEquals(progress, _shown)) return;
        if (_shown != null && TimeProvider.System.GetElapsedTime(_shownAt) < s_interval) return;
        _shown = progress;
        _shownAt = TimeProvider.System.GetTimestamp();
        command.WriteProgress(new ProgressRecord(0, Activity, Status(progress))
        {
            PercentComplete = progress.Total is > 0 and long total ? (int)Math.Clamp(progress.Done * 100 / total, 0, 100) : -1,
            SecondsRemaining = progress.Remaining is TimeSpan left ? (int)Math.Min(left.TotalSeconds, int.MaxValue) : -1,
        });
    }

    private static string Status(RunProgress progress)
    {
        string total = progress.Total is long known ? $"/{known:N0}" : "";
        string bound = progress.Hold.Reason > HoldReason.ThrottleLimit ? $" ({progress.Hold.Reason})" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{progress.Done:N0}{total}, {progress.Running} of {progress.Hold.Limit} running{bound}, {MemorySize.Format(progress.Used)} of {MemorySize.Format(progress.Capacity)} used");
    }
}
