using System.Globalization;

namespace Defragger.History;

/// <summary>Takes a damaged file out of the way without losing it.</summary>
internal static class DamagedHistory
{
    /// <summary>Renames the file and its write-ahead log.</summary>
    /// <returns>The new name; null when another run has done it meanwhile.</returns>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be renamed.</exception>
    public static string? SetAside(string path)
    {
        // Two runs may find the damage at once; the second must not set aside what the first has begun anew.
        using FileStream gate = HistoryDatabase.Enter(path);
        if (!IsDamaged(path)) return null;
        string stamp = DateTime.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        string aside = $"{path}.damaged-{stamp}";
        for (int n = 2; File.Exists(aside); n++) aside = $"{path}.damaged-{stamp}-{n}";
        // With another file under the name they would be taken for its log: first, since this may be cut short.
        foreach (string suffix in new[] { "-wal", "-shm", "" })
        {
            if (File.Exists(path + suffix)) File.Move(path + suffix, aside + suffix);
        }
        return aside;
    }

    private static bool IsDamaged(string path)
    {
        try
        {
            using HistoryDatabase database = HistoryDatabase.OpenInside(path);
            database.Read();
            return false;
        }
        catch (HistoryException e) when (e.Damaged)
        {
            return true;
        }
    }
}
