using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Defragger.Python.Suite;

/// <summary>Reads what <c>python -m test --junit-xml</c> writes (Lib/test/support/testresult.py).</summary>
/// <remarks>
/// <para>A test whose subtests failed is a <c>testcase</c> without a name and without a reason: the reporter is never told of
/// it (seen in 3.8 to 3.13). <see cref="TestNames"/> finds its name in the other run.</para>
/// <para>Before 3.12 the output of a test is in it as it is, characters that no XML may have too.</para>
/// </remarks>
internal static class JunitReport
{
    /// <summary>A report that is longer is not read; the longest of CPython's own is below 1 MiB.</summary>
    public const int MaxLength = 64 * 1024 * 1024;

    private const int MaxDetail = 4096;

    /// <summary>The tests in the order in which they ran.</summary>
    /// <exception cref="FormatException">The file is no such report, or too long.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<TestEntry> Read(string path)
    {
        long length = new FileInfo(path).Length;
        return length <= MaxLength ? Parse(File.ReadAllText(path)) : throw new FormatException($"the report has {length} bytes");
    }

    /// <summary>The same from text.</summary>
    /// <exception cref="FormatException">It is no such report.</exception>
    public static IReadOnlyList<TestEntry> Parse(string text)
    {
        // References to characters are made by the reporter from any character that is not ASCII, lone surrogates too.
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, CheckCharacters = false };
        try
        {
            using var reader = XmlReader.Create(new StringReader(Clean(text)), settings);
            return [.. XDocument.Load(reader).Descendants("testcase").Select(Entry)];
        }
        catch (XmlException e)
        {
            throw new FormatException($"the report is not XML: {e.Message}", e);
        }
    }

    private static TestEntry Entry(XElement one)
    {
        string? name = (string?)one.Attribute("name");
        if (one.Element("failure") is { } failure) return new(name, TestOutcome.Failed, Detail(failure));
        if (one.Element("error") is { } error) return new(name, TestOutcome.Failed, Detail(error));
        if (one.Element("outcome") is { } outcome) return new(name, TestOutcome.Failed, Detail(outcome));
        if (one.Element("skipped") is { } skipped) return new(name, TestOutcome.Skipped, Detail(skipped));
        return name == null ? new(null, TestOutcome.Failed, "a subtest failed") : new(name, TestOutcome.Passed);
    }

    private static string Detail(XElement element)
    {
        string text = element.Value.Trim();
        return text.Length <= MaxDetail ? text : string.Concat("...", text.AsSpan(text.Length - MaxDetail));
    }

    private static string Clean(string text)
    {
        if (text.All(IsAllowed)) return text;
        var clean = new StringBuilder(text);
        for (int i = 0; i < clean.Length; i++)
            if (!IsAllowed(clean[i])) clean[i] = '?';
        return clean.ToString();
    }

    private static bool IsAllowed(char one) => XmlConvert.IsXmlChar(one) || char.IsSurrogate(one);
}
