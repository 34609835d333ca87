namespace Defragger.Engines;

/// <summary>The process that starts the cases has died, and its cases with it.</summary>
public sealed class LauncherLostException(string message) : Exception(message);
