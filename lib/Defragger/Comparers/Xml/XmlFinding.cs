namespace Defragger.Comparers.Xml;

/// <summary>One finding of an XML report, in words.</summary>
internal sealed class XmlFinding
{
    /// <summary>The id of its rule.</summary>
    public required string Rule { get; init; }

    /// <summary>How bad it is, or how it went.</summary>
    public string Level { get; set; } = "";

    /// <summary>What it says.</summary>
    public string Message { get; set; } = "";

    /// <summary>What it says besides.</summary>
    public List<string> Details { get; } = [];

    /// <summary>A hash of the tool's own by which the finding is known again, or null.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Where it is: the first is its own place, further ones lead there.</summary>
    public List<XmlPlace> Places { get; } = [];

    /// <summary>A hash of the text inside, such as the trace of a failed test; 0 for none.</summary>
    public UInt128 Body { get; set; }

    /// <summary>How that text begins.</summary>
    public string BodyStart { get; set; } = "";
}

/// <summary>A place in an analysed file.</summary>
/// <param name="File">As it is written; null where it is not told.</param>
/// <param name="Line">As it is written; null where it is not told.</param>
/// <param name="Text">What is said of it; null for nothing.</param>
internal readonly record struct XmlPlace(string? File, string? Line, string? Text);
