namespace Defragger.Comparers;

/// <summary>How the bytes of a case are to be understood.</summary>
internal enum ComparisonFormat
{
    /// <summary>By the file's name, else by its first bytes; see <see cref="FormatCatalog"/>.</summary>
    Auto,

    /// <summary>SARIF 2.1.0: findings, matched one to one.</summary>
    Sarif,

    /// <summary>One JSON document: leaves, joined by path.</summary>
    Json,

    /// <summary>One JSON value a line: records in order.</summary>
    JsonLines,

    /// <summary>Separated values: rows in order, compared field by field.</summary>
    Csv,

    /// <summary>Lines in order, byte for byte.</summary>
    Text,

    /// <summary>Bytes: same or not, nothing counted.</summary>
    Binary,

    /// <summary>An analyser's or a test runner's XML report: findings, matched one to one.</summary>
    Xml,
}
