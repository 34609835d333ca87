namespace Defragger.Comparers;

/// <summary>Two files could not be compared; the message is one line that names the file and the place.</summary>
internal sealed class ComparisonException : Exception
{
    public ComparisonException(string path, string problem, Exception? cause = null)
        : base($"{path}: {problem}", cause)
    {
    }
}
