using System.Management.Automation;
using Defragger.History;

namespace Defragger.PowerShell.Commands;

/// <summary>Forgets what is known of cases from earlier runs.</summary>
[Cmdlet(VerbsCommon.Clear, "DefragHistory", SupportsShouldProcess = true, HelpUri = "")]
[OutputType(typeof(void))]
public sealed class ClearDefragHistoryCommand : HistoryFilterCommand
{
    /// <summary>Only cases of which nothing was learned since.</summary>
    [Parameter]
    public DateTimeOffset? Before { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string path = HistoryFile();
        IReadOnlyList<CaseHistory> chosen = Chosen(path);
        if (chosen.Count == 0)
        {
            WriteVerbose($"Nothing is known of such cases in '{path}'.");
            return;
        }
        if (!ShouldProcess($"what '{path}' knows of {chosen.Count:N0} {(chosen.Count == 1 ? "case" : "cases")}", "Forget")) return;
        With(path, database =>
        {
            database.Remove(chosen);
            return true;
        });
    }

    private protected override bool Takes(CaseHistory one) => Before == null || one.Last < Before;
}
