namespace Defragger.History;

/// <summary>A history that cannot be used: the message says which file, and why.</summary>
internal sealed class HistoryException(string message, bool damaged = false, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The file's content is no history; anything else may pass (locked, no space, no permission).</summary>
    public bool Damaged { get; } = damaged;
}
