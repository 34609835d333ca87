namespace Defragger.Tests;

/// <summary>Figures that a run of the tests tells beside passed and failed: ./defrag test prints them.</summary>
internal static class Notes
{
    private static readonly Lock s_lock = new();

    /// <summary>Adds a note; nothing happens where nobody asked for notes.</summary>
    public static void Add(string note)
    {
        if (Environment.GetEnvironmentVariable("DEFRAG_TEST_NOTES") is not { Length: > 0 } path) return;
        lock (s_lock) File.AppendAllText(path, note + "\n");
    }
}
