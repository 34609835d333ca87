using System.Text;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Defragger.Help;

/// <summary>Text of Markdown as Get-Help can show it: paragraphs without marks.</summary>
/// <remarks>
/// Emphasis and code keep their words, a link its text. A list is one paragraph an item, code one paragraph with its
/// lines as they are. What has no plain form (tables, pictures, HTML) is refused, so that nothing is lost unseen.
/// </remarks>
internal static class PlainText
{
    /// <summary>The paragraphs of some blocks.</summary>
    /// <exception cref="HelpException">A block or a part of one has no plain form.</exception>
    public static List<string> Paragraphs(IEnumerable<Block> blocks, string path)
    {
        var paragraphs = new List<string>();
        foreach (Block block in blocks)
        {
            switch (block)
            {
                case ParagraphBlock paragraph:
                    paragraphs.Add(Line(paragraph, path));
                    break;
                case ListBlock list:
                    paragraphs.AddRange(Items(list, path));
                    break;
                case CodeBlock code:
                    paragraphs.Add(Indented(CodeOf(code)));
                    break;
                default:
                    throw Refusal(block, path);
            }
        }
        return paragraphs;
    }

    /// <summary>One item of a list a line, with its mark.</summary>
    public static IEnumerable<string> Items(ListBlock list, string path)
    {
        int number = list.IsOrdered && int.TryParse(list.OrderedStart, out int first) ? first : 1;
        foreach (ListItemBlock item in list.Cast<ListItemBlock>())
        {
            if (item is not [ParagraphBlock paragraph]) throw Refusal(item, path);
            yield return (list.IsOrdered ? $"{number++}. " : "- ") + Line(paragraph, path);
        }
    }

    /// <summary>A paragraph or heading as one line.</summary>
    public static string Line(LeafBlock block, string path)
    {
        var text = new StringBuilder();
        Add(text, block.Inline!, path);
        return text.ToString().Trim();
    }

    /// <summary>Code without its fence.</summary>
    public static string CodeOf(CodeBlock code) => code.Lines.ToString().Trim('\n');

    private static string Indented(string code) => "    " + code.Replace("\n", "\n    ", StringComparison.Ordinal);

    private static void Add(StringBuilder text, ContainerInline parts, string path)
    {
        foreach (Inline part in parts)
        {
            switch (part)
            {
                case LiteralInline literal:
                    text.Append(literal.Content.AsSpan());
                    break;
                case CodeInline code:
                    text.Append(code.Content);
                    break;
                case LineBreakInline:
                    text.Append(' ');
                    break;
                case HtmlEntityInline entity:
                    text.Append(entity.Transcoded.AsSpan());
                    break;
                case EmphasisInline or LinkInline { IsImage: false }:
                    Add(text, (ContainerInline)part, path);
                    break;
                default:
                    throw new HelpException(path, part.Line + 1,
                        $"{Kind(part)} cannot be shown as plain text. Write words, or put a text with < or > between backticks.");
            }
        }
    }

    private static HelpException Refusal(Block block, string path) => new(path, block.Line + 1,
        $"{Kind(block)} cannot be shown as plain text here. Write paragraphs, flat lists or code.");

    private static string Kind(MarkdownObject part) => part switch
    {
        HtmlBlock or HtmlInline => "HTML",
        LinkInline => "a picture",
        ListItemBlock => "an item of several blocks",
        HeadingBlock heading => $"a heading of level {heading.Level}",
        QuoteBlock => "a quotation",
        _ => part.GetType().Name,
    };
}
