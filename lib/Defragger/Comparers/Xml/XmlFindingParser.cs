using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Xml;

namespace Defragger.Comparers.Xml;

/// <summary>The findings of an XML report one by one, as words.</summary>
/// <remarks>
/// A pull reader: no tree, no document type, no external entity, nothing that the document could make it fetch or unfold.
/// Bounds: <see cref="MaximumDepth"/> levels, and <see cref="LongestPiece"/> for one tag with all its attributes; text
/// between tags is read in small pieces, however long it is.
/// </remarks>
internal sealed class XmlFindingParser : IDisposable
{
    private const int MaximumDepth = 100;
    private const int LongestPiece = 8 * 1024 * 1024;
    private const int LongestText = 4096; // characters of a text that are kept in words

    private static readonly XmlReaderSettings s_settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
    };

    private readonly SourceFile _file;
    private readonly Bounded _bytes;
    private readonly XmlReader _reader;
    private readonly char[] _piece = new char[1024];
    private XmlDialect? _dialect;
    private string? _reportedFile;
    private bool _ended;

    public XmlFindingParser(SourceFile file)
    {
        _file = file;
        _bytes = new Bounded(file);
        _reader = Guarded(() => XmlReader.Create(_bytes, s_settings));
    }

    /// <summary>Whose report it is; known once the first finding or the end has been read.</summary>
    public XmlDialect Dialect => _dialect!;

    /// <summary>What the document's element is called.</summary>
    /// <exception cref="ComparisonException">It is no XML.</exception>
    public static string RootOf(SourceFile file)
    {
        using XmlFindingParser parser = new(file);
        return parser.Guarded(() => parser._reader.MoveToContent() == XmlNodeType.Element ? parser._reader.LocalName : "");
    }

    /// <summary>Reads the next finding; null at the end.</summary>
    /// <exception cref="ComparisonException">It is no XML, or of no analyser that is known.</exception>
    public XmlFinding? Read() => Guarded(ReadNext);

    public void Dispose() => _reader.Dispose();

    private XmlFinding? ReadNext()
    {
        while (!_ended && Advance())
        {
            if (_reader.NodeType != XmlNodeType.Element)
                continue;
            if (_dialect is null)
                Begin();
            if (_reader.LocalName == Dialect.File)
                _reportedFile = _reader.GetAttribute("name");
            else if (_reader.LocalName == Dialect.Finding)
                return Finding();
        }

        _ended = true;
        return null;
    }

    private void Begin()
    {
        _dialect = XmlDialect.Of(_reader.LocalName) ?? throw new ComparisonException(
            _file.Path, $"its element '{_reader.LocalName}' is of no report that is known ({XmlDialect.Known}); compare it as text");
    }

    private XmlFinding Finding()
    {
        int depth = _reader.Depth;
        bool isEmpty = _reader.IsEmptyElement;
        XmlFinding finding = new()
        {
            Rule = string.Join('.', Dialect.Rule.Select(_reader.GetAttribute).Where(part => part is not null)),
            Level = Attribute(Dialect.Level) ?? "",
            Message = Attribute(Dialect.Message) ?? "",
            Fingerprint = _reader.GetAttribute("hash"),
        };
        finding.Details.AddRange(Dialect.Detail.Select(name => _reader.GetAttribute(name) ?? ""));
        string? file = _reader.GetAttribute("file") ?? _reportedFile;
        string? line = _reader.GetAttribute(Dialect.Line);
        if (file is not null || line is not null)
            finding.Places.Add(new XmlPlace(file, line, null));
        while (!isEmpty && Advance() && !(_reader.NodeType == XmlNodeType.EndElement && _reader.Depth == depth))
        {
            if (_reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA && Dialect.Message is null && _reader.Depth == depth + 1)
                finding.Message += Text(out _);
            else if (_reader.NodeType == XmlNodeType.Element && _reader.LocalName == Dialect.Step)
                finding.Places.Add(new XmlPlace(_reader.GetAttribute("file"), _reader.GetAttribute("line"), _reader.GetAttribute("info")));
            else if (_reader.NodeType == XmlNodeType.Element && Dialect.Outcomes.Contains(_reader.LocalName))
                Outcome(finding);
        }

        if (finding.Level.Length == 0 && Dialect.Outcomes.Length > 0)
            finding.Level = "passed";
        return finding;
    }

    private void Outcome(XmlFinding finding)
    {
        int depth = _reader.Depth;
        finding.Level = _reader.LocalName;
        finding.Message = _reader.GetAttribute("message") ?? "";
        finding.Details.Add(_reader.GetAttribute("type") ?? "");
        bool isEmpty = _reader.IsEmptyElement;
        while (!isEmpty && Advance() && !(_reader.NodeType == XmlNodeType.EndElement && _reader.Depth == depth))
        {
            if (_reader.NodeType is not (XmlNodeType.Text or XmlNodeType.CDATA))
                continue;
            finding.BodyStart += Text(out UInt128 hash);
            finding.Body = JsonHash.Of(finding.Body, hash, JsonHash.Kind.Element);
        }
    }

    private string? Attribute(string? name) => name is null ? null : _reader.GetAttribute(name);

    /// <summary>The beginning of a text and a hash of all of it.</summary>
    private string Text(out UInt128 hash)
    {
        XxHash128 whole = new();
        string start = "";
        for (int read; (read = _reader.ReadValueChunk(_piece, 0, _piece.Length)) > 0;)
        {
            _bytes.Renew();
            whole.Append(MemoryMarshal.AsBytes(_piece.AsSpan(0, read)));
            if (start.Length < LongestText)
                start += new string(_piece, 0, read);
        }

        hash = whole.GetCurrentHashAsUInt128();
        return start;
    }

    /// <summary>The next node; a text that nobody asked for is passed over first, piece by piece.</summary>
    private bool Advance()
    {
        if (_reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA)
        {
            while (_reader.ReadValueChunk(_piece, 0, _piece.Length) > 0)
                _bytes.Renew();
        }

        _bytes.Renew();
        if (!_reader.Read())
            return false;
        return _reader.Depth <= MaximumDepth ? true : throw Invalid($"is nested more than {MaximumDepth} levels deep");
    }

    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (XmlException e)
        {
            throw new ComparisonException(_file.Path, $"not valid XML: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private ComparisonException Invalid(string problem)
    {
        IXmlLineInfo at = (IXmlLineInfo)_reader;
        return new ComparisonException(_file.Path, $"{problem}, at line {at.LineNumber}");
    }

    /// <summary>A file of which only so much is read for one piece of it.</summary>
    private sealed class Bounded(SourceFile file) : SourceStream(file)
    {
        private int _left = LongestPiece;

        public void Renew() => _left = LongestPiece;

        public override int Read(Span<byte> buffer)
        {
            int read = base.Read(buffer);
            _left -= read;
            return _left >= 0 ? read : throw new ComparisonException(
                File.Path, $"a tag of more than {LongestPiece / (1024 * 1024)} MiB ends after byte {Position}");
        }
    }
}
