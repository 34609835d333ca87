namespace Defragger.PowerShell;

/// <summary>A call that cannot be carried out, found before anything was started.</summary>
internal sealed class SetupException(ErrorKind kind, string message, object? target, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What kind of error it is.</summary>
    public ErrorKind Kind { get; } = kind;

    /// <summary>The value that is wrong.</summary>
    public object? Target { get; } = target;
}
