using System.Management.Automation;
using Defragger.Python;

namespace Defragger.PowerShell;

/// <summary>Shows how a build goes: a progress bar for the stage, and decisions for those who ask for them.</summary>
internal sealed class PythonBuildView(Cmdlet command) : IPythonBuildListener
{
    private const string Activity = "Build-DefragPython";

    /// <inheritdoc/>
    public void Moved(string stage, double? fraction, string detail) => command.WriteProgress(new ProgressRecord(0, Activity, stage)
    {
        PercentComplete = fraction is double part ? (int)Math.Clamp(part * 100, 0, 100) : -1,
        CurrentOperation = detail,
    });

    /// <inheritdoc/>
    public void Decided(string message) => command.WriteVerbose(message);

    /// <summary>Takes the bar away.</summary>
    public void Close() => command.WriteProgress(new ProgressRecord(0, Activity, "Done") { RecordType = ProgressRecordType.Completed });
}
