using System.Management.Automation;
using Defragger.History;

namespace Defragger.PowerShell.Commands;

/// <summary>Adds what Export-DefragHistory wrote to what is known here. What is known already is not added twice.</summary>
[Cmdlet(VerbsData.Import, "DefragHistory", SupportsShouldProcess = true, HelpUri = "")]
[OutputType(typeof(CaseHistory))]
public sealed class ImportDefragHistoryCommand : HistoryCommand
{
    private const int AtOnce = 10_000; // lines in memory, and in one transaction

    /// <summary>The CSV file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Gives what is known of the cases in the file afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string path = FullPath(Path), history = HistoryFile();
        if (!ShouldProcess($"what '{path}' tells to the history '{history}'", "Add")) return;
        try
        {
            using FileStream file = File.OpenRead(path);
            HashSet<(HistoryKey, string)> cases = With(history, database => Read(file, path, database));
            if (PassThru)
            {
                WriteObject(With(history, database => database.Read())
                    .Where(one => cases.Contains((new HistoryKey(one.Comparer, one.Platform), one.Case))), enumerateCollection: true);
            }
        }
        catch (FormatException e)
        {
            Fail(ErrorKind.InvalidHistoryFile, $"'{path}' is no exported history: {e.Message}.", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(ErrorKind.InputReadFailed, $"'{path}' cannot be read: {e.Message}", path, e);
        }
    }

    private HashSet<(HistoryKey, string)> Read(FileStream file, string path, HistoryDatabase database)
    {
        var cases = new HashSet<(HistoryKey, string)>();
        foreach (HistoryEntry[] part in HistoryCsv.Read(file, Refuse).Chunk(AtOnce))
        {
            Stop.ThrowIfCancellationRequested();
            foreach (IGrouping<HistoryKey, HistoryEntry> one in part.GroupBy(entry => entry.Key))
                database.Add(one.Key, [.. one.Select(entry => entry.Learned)]);
            if (PassThru) cases.UnionWith(part.Select(entry => (entry.Key, entry.Learned.Case)));
        }
        return cases;

        void Refuse(long line, string fault) =>
            WriteError(ErrorKind.InvalidHistoryRow.Record($"{path}:{line}: {fault}.", $"{path}:{line}"));
    }
}
