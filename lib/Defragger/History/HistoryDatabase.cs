using Defragger.Files;
using Microsoft.Data.Sqlite;

namespace Defragger.History;

/// <summary>The file that holds the history: an SQLite database with one row per case, comparer and platform.</summary>
/// <remarks>
/// <para>Two runs may use it at once: readers and one writer do not disturb each other (write-ahead log), writers wait for
/// each other up to <see cref="Patience"/> (BEGIN IMMEDIATE, so that nobody who has read is refused when it writes).</para>
/// <para>One row per case and not one per run, because a run begins by reading all of it: 100,000 rows instead of a
/// million. The runs of a case are a JSON text in the row, [[ended in us since 1970, bytes, us], ...], newest first; json_each
/// reads it from SQL.</para>
/// <para>The file and a directory made for it are the user's alone (0600, 0700): it names cases and command lines.</para>
/// <para>Not for use by two threads.</para>
/// </remarks>
internal sealed class HistoryDatabase : IDisposable
{
    /// <summary>How long a lock of another run is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int ApplicationId = 0x44664869; // "DfHi"
    private const int Layout = 1;

    private const string Schema =
        """
        CREATE TABLE key (
            id INTEGER PRIMARY KEY,
            comparer TEXT NOT NULL,
            platform TEXT NOT NULL,
            UNIQUE (comparer, platform)
        );
        CREATE TABLE history (
            key_id INTEGER NOT NULL REFERENCES key (id),
            name TEXT NOT NULL,
            samples TEXT NOT NULL,
            lower_bound INTEGER,
            lower_bound_at INTEGER,
            PRIMARY KEY (key_id, name)
        ) WITHOUT ROWID;
        """;

    private readonly SqliteConnection _connection;
    private readonly string _path;

    private HistoryDatabase(SqliteConnection connection, string path) => (_connection, _path) = (connection, path);

    /// <summary>Opens a history, and makes it where there is none.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <exception cref="HistoryException">It cannot be used.</exception>
    public static HistoryDatabase Open(string path) => Guard(path, () =>
    {
        MakeFolder(path);
        using FileStream gate = Enter(path);
        return OpenInside(path);
    });

    /// <summary>Waits until nobody else opens a history or sets it aside: a file that is opened while it is renamed would
    /// lose its log to the damaged one.</summary>
    /// <exception cref="IOException">It is not free for longer than <see cref="Patience"/>.</exception>
    internal static FileStream Enter(string path) => LockFile.TryEnter(path + ".lock", Patience)
        ?? throw new IOException($"'{path}.lock' is held by another process");

    /// <summary>The same as <see cref="Open"/>, for who has entered.</summary>
    internal static HistoryDatabase OpenInside(string path) => Guard(path, () =>
    {
        MakeFile(path);
        var database = new HistoryDatabase(new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false, // a closed history is closed: its file can be moved
            DefaultTimeout = (int)Patience.TotalSeconds,
        }.ToString()), path);
        try
        {
            database.Prepare();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    });

    /// <summary>All that is known, or all of one key, by case.</summary>
    /// <exception cref="HistoryException">It cannot be read.</exception>
    public IReadOnlyList<CaseHistory> Read(HistoryKey? key = null) => Guard(_path, () =>
    {
        using SqliteCommand select = Command(
            "SELECT name, comparer, platform, samples, lower_bound, lower_bound_at FROM history JOIN key ON id = key_id"
            + (key == null ? "" : " WHERE comparer = @comparer AND platform = @platform")
            + " ORDER BY key_id, name");
        if (key is HistoryKey one) Bind(select, ("@comparer", one.Comparer), ("@platform", one.Platform));
        using SqliteDataReader reader = select.ExecuteReader();
        var rows = new List<CaseHistory>();
        while (reader.Read()) rows.Add(HistoryRow.Read(reader));
        return rows;
    });

    /// <summary>Takes in what was learned, all of it or, when it fails, nothing.</summary>
    /// <exception cref="HistoryException">It cannot be written.</exception>
    public void Add(HistoryKey key, IReadOnlyCollection<PeakObservation> learned) => Guard(_path, () =>
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        long id = KeyId(key);
        using SqliteCommand select = Command(
            "SELECT name, @comparer, @platform, samples, lower_bound, lower_bound_at FROM history WHERE key_id = @key AND name = @name");
        using SqliteCommand upsert = Command(
            "INSERT OR REPLACE INTO history (key_id, name, samples, lower_bound, lower_bound_at) VALUES (@key, @name, @samples, @bound, @at)");
        Bind(select, ("@comparer", key.Comparer), ("@platform", key.Platform), ("@key", id), ("@name", ""));
        Bind(upsert, ("@key", id), ("@name", ""), ("@samples", ""), ("@bound", null), ("@at", null));
        foreach (PeakObservation one in learned)
        {
            select.Parameters["@name"].Value = one.Case;
            CaseHistory? known;
            using (SqliteDataReader reader = select.ExecuteReader()) known = reader.Read() ? HistoryRow.Read(reader) : null;
            known ??= new CaseHistory { Case = one.Case, Comparer = key.Comparer, Platform = key.Platform };
            HistoryRow.Write(upsert, known.With(one.OutOfMemory, one.Sample));
            upsert.ExecuteNonQuery();
        }
        transaction.Commit();
        return 0;
    });

    /// <summary>Removes what is known of some cases.</summary>
    /// <exception cref="HistoryException">It cannot be written.</exception>
    public void Remove(IEnumerable<CaseHistory> cases) => Guard(_path, () =>
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        using SqliteCommand delete = Command(
            "DELETE FROM history WHERE name = @name AND key_id = (SELECT id FROM key WHERE comparer = @comparer AND platform = @platform)");
        Bind(delete, ("@name", ""), ("@comparer", ""), ("@platform", ""));
        foreach (CaseHistory one in cases)
        {
            delete.Parameters["@name"].Value = one.Case;
            delete.Parameters["@comparer"].Value = one.Comparer;
            delete.Parameters["@platform"].Value = one.Platform;
            delete.ExecuteNonQuery();
        }
        Execute("DELETE FROM key WHERE NOT EXISTS (SELECT 1 FROM history WHERE key_id = id)");
        transaction.Commit();
        return 0;
    });

    public void Dispose() => _connection.Dispose();

    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException("The history needs Linux.");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, Own | UnixFileMode.UserExecute);
    }

    private static void MakeFile(string path)
    {
        if (File.Exists(path)) return;
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException("The history needs Linux.");
        // Not by SQLite, which would make it readable for all; its other files take this one's mode.
        using var made = new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, UnixCreateMode = Own });
    }

    private void Prepare()
    {
        _connection.Open();
        // Where the file system cannot do it (no shared memory), SQLite stays with its rollback journal: slower, as safe.
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = NORMAL"); // a crash of the machine may lose the last transactions, never the file
        if (Number("PRAGMA application_id") == ApplicationId && Number("PRAGMA user_version") == Layout) return;
        using SqliteTransaction transaction = _connection.BeginTransaction();
        // Again, inside: two runs may begin at once.
        (long application, long layout) = (Number("PRAGMA application_id"), Number("PRAGMA user_version"));
        if (application == ApplicationId && layout == Layout) return;
        if (application == ApplicationId) throw new HistoryException($"the history '{_path}' has layout {layout} and not {Layout}: another version of Defragger made it");
        if (Number("SELECT count(*) FROM sqlite_master") > 0 || application != 0)
            throw new HistoryException($"'{_path}' is the database of another program");
        Execute($"{Schema} PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Layout};");
        transaction.Commit();
    }

    private long KeyId(HistoryKey key)
    {
        using SqliteCommand select = Command(
            """
            INSERT OR IGNORE INTO key (comparer, platform) VALUES (@comparer, @platform);
            SELECT id FROM key WHERE comparer = @comparer AND platform = @platform;
            """);
        Bind(select, ("@comparer", key.Comparer), ("@platform", key.Platform));
        return (long)select.ExecuteScalar()!;
    }

    private SqliteCommand Command(string text)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    private static void Bind(SqliteCommand command, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        foreach ((string name, object? value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
    }

    private void Execute(string text)
    {
        using SqliteCommand command = Command(text);
        command.ExecuteNonQuery();
    }

    private long Number(string text)
    {
        using SqliteCommand command = Command(text);
        return command.ExecuteScalar() is long number ? number : 0;
    }

    /// <summary>Every way in which the file can fail becomes one kind of exception.</summary>
    private static T Guard<T>(string path, Func<T> work)
    {
        const int Corrupt = 11, NotADatabase = 26;
        try
        {
            return work();
        }
        catch (SqliteException e)
        {
            throw new HistoryException($"the history '{path}' cannot be used: {e.Message}", e.SqliteErrorCode is Corrupt or NotADatabase, e);
        }
        catch (FormatException e)
        {
            throw new HistoryException($"the history '{path}' is damaged: {e.Message}", damaged: true, e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException and not HistoryException)
        {
            throw new HistoryException($"the history '{path}' cannot be used: {e.Message}", inner: e);
        }
    }
}
