namespace Defragger.Comparers.Xml;

/// <summary>How one kind of tool writes its findings in XML: the elements and attributes that matter.</summary>
/// <remarks>
/// What each tool documents or writes itself: cppcheck's manual ("XML output", version 2, and the older one without locations);
/// checkstyle's XMLLogger, which many linters imitate; PMD's XMLRenderer; JUnit's reports as Ant and pytest write them, where a
/// finding is a test case and its rule is the test.
/// </remarks>
/// <param name="Tool">The tool, as a part of each rule.</param>
/// <param name="Roots">What the document's element may be called.</param>
/// <param name="File">The element that names the file of the findings in it, or null.</param>
/// <param name="Finding">The element of a finding.</param>
/// <param name="Rule">Attributes that name the rule, joined by '.'.</param>
/// <param name="Level">The attribute that says how bad it is, or null.</param>
/// <param name="Message">The attribute with the message; null for the element's text.</param>
/// <param name="Detail">Further attributes that say something.</param>
/// <param name="Line">The attribute with the line.</param>
/// <param name="Step">An element inside with a place that belongs to the finding, the first of them its own, or null.</param>
/// <param name="Outcomes">Elements inside that say how it went, with a message, a type and a text.</param>
internal sealed record XmlDialect(
    string Tool,
    string[] Roots,
    string? File,
    string Finding,
    string[] Rule,
    string? Level,
    string? Message,
    string[] Detail,
    string Line,
    string? Step,
    string[] Outcomes)
{
    private static readonly XmlDialect[] s_all =
    [
        new("cppcheck", ["results"], null, "error", ["id"], "severity", "msg", ["verbose", "inconclusive", "cwe"], "line", "location", []),
        new("checkstyle", ["checkstyle"], "file", "error", ["source"], "severity", "message", ["column"], "line", null, []),
        new("pmd", ["pmd"], "file", "violation", ["ruleset", "rule"], "priority", null, [], "beginline", null, []),
        new("junit", ["testsuites", "testsuite"], null, "testcase", ["classname", "name"], null, null, [], "line", null, ["failure", "error", "skipped"]),
    ];

    /// <summary>The dialect of a document, or null.</summary>
    public static XmlDialect? Of(string root) => Array.Find(s_all, dialect => dialect.Roots.Contains(root));

    /// <summary>"results (cppcheck), checkstyle, ...", for messages.</summary>
    public static string Known => string.Join(", ", s_all.SelectMany(dialect =>
        dialect.Roots.Select(root => root == dialect.Tool ? root : $"{root} ({dialect.Tool})")));
}
