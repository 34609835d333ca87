using Defragger.Compare;
using Microsoft.Data.Sqlite;

namespace Defragger.Runs;

/// <summary>The cases of two runs beside each other, by name.</summary>
/// <remarks>
/// Journals are in the order in which cases ended, so both are sorted by name first: in a database of SQLite's own that has
/// no name. It lies in a file that is unlinked as it is made, so nothing is left behind, and holds in memory what
/// <see cref="CacheKibibytes"/> says, whatever the number of cases. A second line of a case replaces the first.
/// Cost: O(n log n) for n lines.
/// </remarks>
internal sealed class TrendTable : IDisposable
{
    private const int CacheKibibytes = 32 * 1024;
    private readonly SqliteConnection _connection = new("Data Source=;Pooling=False");

    private TrendTable()
    {
        _connection.Open();
        Execute($"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{CacheKibibytes};");
        Execute("CREATE TABLE trend (name TEXT PRIMARY KEY, before INTEGER, after INTEGER, reason TEXT NOT NULL) WITHOUT ROWID");
    }

    /// <summary>What became of the cases that did not pass in both runs, by name in ordinal order.</summary>
    /// <param name="earlier">Full path of the earlier run's output directory.</param>
    /// <param name="later">Full path of the later run's output directory.</param>
    /// <param name="filter">Which cases take part.</param>
    /// <param name="damaged">Told of lines that are passed over; what it throws ends the reading.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="IOException">A journal cannot be read, or there is no room to sort.</exception>
    /// <exception cref="FormatException">A directory has no journal that can be read.</exception>
    public static IEnumerable<CaseTrend> Compare(
        string earlier, string later, CaseFilter filter, Action<FormatException> damaged, CancellationToken stop)
    {
        using var table = new TrendTable();
        Guard(() =>
        {
            table.Add(earlier, filter, isLater: false, damaged, stop);
            table.Add(later, filter, isLater: true, damaged, stop);
        });
        using SqliteCommand select = table._connection.CreateCommand();
        select.CommandText = "SELECT name, before, after, reason FROM trend ORDER BY name";
        using SqliteDataReader reader = select.ExecuteReader();
        while (reader.Read())
        {
            stop.ThrowIfCancellationRequested();
            if (CaseTrend.Of(reader.GetString(0), Status(reader, 1), Status(reader, 2), reader.GetString(3)) is CaseTrend trend)
                yield return trend;
        }
    }

    public void Dispose() => _connection.Dispose();

    private static CaseStatus? Status(SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : (CaseStatus)reader.GetInt32(column);

    private void Add(string directory, CaseFilter filter, bool isLater, Action<FormatException> damaged, CancellationToken stop)
    {
        string column = isLater ? "after" : "before";
        using var journal = new JournalReader(OutputFolder.JournalOf(directory));
        using SqliteTransaction transaction = _connection.BeginTransaction();
        using SqliteCommand insert = _connection.CreateCommand();
        insert.CommandText = $"INSERT INTO trend (name, {column}, reason) VALUES (@name, @status, @reason) "
            + $"ON CONFLICT (name) DO UPDATE SET {column} = excluded.{column}, reason = excluded.reason";
        SqliteParameter name = insert.Parameters.Add("@name", SqliteType.Text);
        SqliteParameter status = insert.Parameters.Add("@status", SqliteType.Integer);
        SqliteParameter reason = insert.Parameters.Add("@reason", SqliteType.Text);
        foreach (JournalEntry entry in journal.ReadOn(damaged))
        {
            stop.ThrowIfCancellationRequested();
            CaseResult result = entry.Line.Result;
            if (!filter.Takes(result.Case)) continue;
            (name.Value, status.Value, reason.Value) = (result.Case, (int)result.Status, result.Reason);
            insert.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    private void Execute(string text)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (SqliteException e)
        {
            throw new IOException($"two runs could not be sorted by case: {e.Message}", e);
        }
    }
}
