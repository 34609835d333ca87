using System.Threading.Channels;

namespace Defragger.History;

/// <summary>The history as a run uses it: read once at the beginning, added to in the background.</summary>
/// <remarks>
/// 1. A history costs speed, never a result: whatever is wrong with it is one warning, and the run goes on without.
/// 2. <see cref="Add"/> never waits: a thread of its own writes what has come once a second, in one transaction. What
///    comes faster than the disk takes it, beyond <see cref="MostWaiting"/>, is forgotten.
/// 3. A damaged file is renamed, not removed, and a new one is begun.
/// </remarks>
internal sealed class PeakHistory : IDisposable
{
    private const int MostWaiting = 64 * 1024;
    private const int MostAtOnce = 4096; // of one transaction, so that another run's wait stays short
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly HistoryDatabase _database;
    private readonly HistoryKey _key;
    private readonly Channel<PeakObservation> _learned = Channel.CreateBounded<PeakObservation>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, SingleWriter = true });
    private readonly ManualResetEventSlim _closing = new();
    private readonly Thread _writer;
    private string? _warning;

    private PeakHistory(HistoryDatabase database, HistoryKey key, IReadOnlyList<CaseHistory> known)
    {
        (_database, _key, Known) = (database, key, known);
        _writer = new Thread(Write) { IsBackground = true, Name = "Defragger history" };
        _writer.Start();
    }

    /// <summary>What was known of the comparer's cases when the run began.</summary>
    public IReadOnlyList<CaseHistory> Known { get; }

    /// <summary>Opens a history; null, with a warning, when it cannot be used.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <param name="key">Whose peaks.</param>
    /// <param name="warn">Told in one sentence what is not as it should be.</param>
    public static PeakHistory? TryOpen(string path, HistoryKey key, Action<string> warn)
    {
        try
        {
            return Open(path, key);
        }
        catch (HistoryException e) when (e.Damaged)
        {
            return Renew(path, key, e, warn);
        }
        catch (HistoryException e)
        {
            warn(Without(e));
            return null;
        }
    }

    /// <summary>Keeps what a run has learned of a case. Never waits; for one thread.</summary>
    public void Add(PeakObservation one) => _learned.Writer.TryWrite(one);

    /// <summary>What has gone wrong since it was asked for the last time; null when nothing has. At most one thing ever does.</summary>
    public string? TakeWarning() => Interlocked.Exchange(ref _warning, null);

    /// <summary>Writes what is left, and closes the file.</summary>
    public void Dispose()
    {
        _learned.Writer.Complete();
        _closing.Set();
        _writer.Join();
        _database.Dispose();
        _closing.Dispose();
    }

    private static PeakHistory Open(string path, HistoryKey key)
    {
        HistoryDatabase database = HistoryDatabase.Open(path);
        try
        {
            return new PeakHistory(database, key, database.Read(key));
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static PeakHistory? Renew(string path, HistoryKey key, HistoryException damage, Action<string> warn)
    {
        try
        {
            if (DamagedHistory.SetAside(path) is string aside)
                warn($"{Sentence(damage)} It was renamed to '{aside}', and a new one is begun.");
            return Open(path, key);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            warn(Without(e));
            return null;
        }
    }

    private static string Without(Exception e) => $"{Sentence(e)} The run goes on without: memory is predicted from this run alone.";

    private static string Sentence(Exception e) => char.ToUpperInvariant(e.Message[0]) + e.Message[1..].TrimEnd('.') + ".";

    private void Write()
    {
        var batch = new List<PeakObservation>();
        while (_learned.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            _closing.Wait(s_pause);
            batch.Clear();
            while (batch.Count < MostAtOnce && _learned.Reader.TryRead(out PeakObservation one)) batch.Add(one);
            if (!TryAdd(batch)) return;
        }
    }

    private bool TryAdd(List<PeakObservation> batch)
    {
        try
        {
            _database.Add(_key, batch);
            return true;
        }
        catch (HistoryException e)
        {
            _warning = $"{Sentence(e)} What the run learns from now on is not kept.";
            return false;
        }
    }
}
