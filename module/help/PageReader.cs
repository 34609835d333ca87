using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Defragger.Help;

/// <summary>Reads a page: headings in this order, of which Notes and Links may be missing.</summary>
/// <remarks>
/// <code>
/// # Verb-Noun
/// ## Synopsis
/// ## Description
/// ## Examples      ### TITLE, one block of powershell, remarks; at least one
/// ## Parameters    ### -Name, text
/// ## Inputs
/// ## Outputs
/// ## Notes
/// ## Links         a list: [Verb-Noun](Verb-Noun.md), or another file of the repository
/// </code>
/// A section may be said once only, and nothing else may be there: a heading with a slip would hide its text.
/// </remarks>
internal sealed class PageReader
{
    private static readonly string[] s_sections =
        ["Synopsis", "Description", "Examples", "Parameters", "Inputs", "Outputs", "Notes", "Links"];

    private static readonly string[] s_mayMiss = ["Notes", "Links"];

    // The lines of words too, not of blocks only.
    private static readonly MarkdownPipeline s_precise = new MarkdownPipelineBuilder().UsePreciseSourceLocation().Build();

    private readonly string _path;
    private readonly Dictionary<string, (int Line, List<Block> Blocks)> _sections = [];

    private PageReader(string path) => _path = path;

    /// <summary>Reads a page.</summary>
    /// <param name="path">The file; messages name it.</param>
    /// <param name="text">What it has.</param>
    /// <exception cref="HelpException">It is not such a page; the message names the line and what to write.</exception>
    public static HelpPage Read(string path, string text) => new PageReader(path).Read(Markdown.Parse(text, s_precise));

    private HelpPage Read(MarkdownDocument document)
    {
        string name = Split(document);
        return new HelpPage
        {
            Path = _path,
            Name = name,
            Synopsis = string.Join(' ', Text("Synopsis")),
            Description = Text("Description"),
            Examples = [.. Parts("Examples").Select(Example)],
            Parameters = [.. Parts("Parameters").Select(Parameter)],
            Inputs = Text("Inputs"),
            Outputs = Text("Outputs"),
            Notes = _sections.ContainsKey("Notes") ? Text("Notes") : [],
            Links = _sections.ContainsKey("Links") ? Links() : [],
        };
    }

    /// <summary>Puts each block under its section, and gives the cmdlet's name.</summary>
    private string Split(MarkdownDocument document)
    {
        if (document.FirstOrDefault() is not HeadingBlock { Level: 1 } title)
            throw Fault(1, "a page begins with '# ' and the cmdlet's name.");
        List<Block>? section = null;
        int last = -1;
        foreach (Block block in document.Skip(1))
        {
            if (block is HeadingBlock { Level: <= 2 } heading)
            {
                string name = PlainText.Line(heading, _path);
                int place = Array.IndexOf(s_sections, name);
                if (heading.Level == 1 || place < 0)
                    throw Fault(heading, $"'{name}' is no section of a page; they are {string.Join(", ", s_sections)}.");
                if (place <= last) throw Fault(heading, $"'{name}' comes after '{s_sections[last]}', or twice; the order is {string.Join(", ", s_sections)}.");
                last = place;
                _sections[name] = (heading.Line + 1, section = []);
            }
            else if (section != null) section.Add(block);
            else throw Fault(block, "text before '## Synopsis' belongs to no section.");
        }
        foreach (string name in s_sections.Except(s_mayMiss))
            if (!_sections.ContainsKey(name)) throw Fault(1, $"the section '## {name}' is missing.");
        return PlainText.Line(title, _path);
    }

    private List<string> Text(string section)
    {
        (int line, List<Block> blocks) = _sections[section];
        List<string> text = PlainText.Paragraphs(blocks, _path);
        return text.Count > 0 ? text : throw Fault(line, $"'## {section}' says nothing.");
    }

    /// <summary>What stands below each heading of level 3.</summary>
    private List<(HeadingBlock Heading, List<Block> Blocks)> Parts(string section)
    {
        var parts = new List<(HeadingBlock, List<Block>)>();
        foreach (Block block in _sections[section].Blocks)
        {
            if (block is HeadingBlock { Level: 3 } heading) parts.Add((heading, []));
            else if (parts.Count > 0) parts[^1].Item2.Add(block);
            else throw Fault(block, $"in '## {section}' everything stands below a heading '### '.");
        }
        return parts;
    }

    private HelpExample Example((HeadingBlock Heading, List<Block> Blocks) part)
    {
        string title = PlainText.Line(part.Heading, _path);
        if (part.Blocks is not [FencedCodeBlock { Info: "powershell" } code, .. { Count: > 0 } remarks])
            throw Fault(part.Heading, $"the example '{title}' is a block ```powershell and, below it, what it does.");
        return new HelpExample(title, PlainText.CodeOf(code), PlainText.Paragraphs(remarks, _path));
    }

    private HelpParameter Parameter((HeadingBlock Heading, List<Block> Blocks) part)
    {
        string name = PlainText.Line(part.Heading, _path);
        if (name.Length < 2 || name[0] != '-') throw Fault(part.Heading, $"'{name}' is no parameter; write '### -Name'.");
        if (part.Blocks.Count == 0) throw Fault(part.Heading, $"'{name}' says nothing.");
        return new HelpParameter(name[1..], PlainText.Paragraphs(part.Blocks, _path), part.Heading.Line + 1);
    }

    /// <summary>The texts of the links, whose targets must be there.</summary>
    private List<string> Links()
    {
        var links = new List<string>();
        foreach (Block item in _sections["Links"].Blocks.SelectMany(block => block is ListBlock list ? list.AsEnumerable() : [block]))
        {
            if (item is not ListItemBlock { Count: 1 } one
                || one[0] is not ParagraphBlock { Inline.FirstChild: LinkInline { NextSibling: null } link } text)
            {
                throw Fault(item, "'## Links' is a list, one link an item.");
            }
            string target = link.Url ?? "";
            if (!File.Exists(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_path))!, target)))
                throw Fault(item, $"there is no file '{target}' to link to.");
            links.Add(PlainText.Line(text, _path));
        }
        return links;
    }

    private HelpException Fault(Block block, string fault) => Fault(block.Line + 1, fault);

    private HelpException Fault(int line, string fault) => new(_path, line, fault);
}
