using System.Management.Automation;
using Defragger.History;

namespace Defragger.PowerShell.Commands;

/// <summary>Shows what is known of the memory and time of cases from earlier runs.</summary>
[Cmdlet(VerbsCommon.Get, "DefragHistory", HelpUri = "")]
[OutputType(typeof(CaseHistory))]
public sealed class GetDefragHistoryCommand : HistoryFilterCommand
{
    /// <inheritdoc/>
    protected override void EndProcessing() => WriteObject(Chosen(HistoryFile()), enumerateCollection: true);
}
