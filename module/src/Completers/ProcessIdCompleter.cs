using System.Diagnostics;
using System.Globalization;

namespace Defragger.PowerShell.Completers;

/// <summary>-Id: the numbers of the processes there are; a menu tells their names.</summary>
internal sealed class ProcessIdCompleter : WordCompleter
{
    protected override IEnumerable<Word> Words(TypedWord typed)
    {
        foreach (Process process in Process.GetProcesses().OrderBy(process => process.Id))
        {
            using (process)
            {
                string id = process.Id.ToString(CultureInfo.InvariantCulture);
                if (id.StartsWith(typed.Text, StringComparison.Ordinal)) yield return new Word(id, $"{id} {process.ProcessName}");
            }
        }
    }
}
