namespace Defragger.History;

/// <summary>Where the history lies when nobody says where: in the user's state, as the XDG base directories have it.</summary>
internal static class HistoryPath
{
    /// <summary>$XDG_STATE_HOME/defragger/history.db, or the same below ~/.local/state; null for a user without a home.</summary>
    public static string? Default()
    {
        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(state) || !Path.IsPathRooted(state)) // the specification: a relative path is ignored
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (home.Length == 0) return null;
            state = Path.Combine(home, ".local", "state");
        }
        return Path.Combine(state, "defragger", "history.db");
    }
}
