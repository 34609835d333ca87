using System.Text;
using Markdig;
using Markdig.Syntax;

namespace Defragger.Help;

/// <summary>A topic of Get-Help about_NAME: text of at most 80 columns, from Markdown.</summary>
/// <remarks>Headings of level 2 are in capitals at the margin, as in the engine's own topics; all else is indented.</remarks>
internal static class AboutText
{
    private const int Width = 80;
    private const string Margin = "    ";

    /// <summary>The topic's text.</summary>
    /// <param name="path">The page, for messages; its name is the topic's.</param>
    /// <param name="text">Markdown: '# about_NAME', '## Short description', one paragraph, then any sections.</param>
    /// <exception cref="HelpException">It is not of this form.</exception>
    public static string Of(string path, string text)
    {
        MarkdownDocument document = Markdown.Parse(text);
        string name = Path.GetFileNameWithoutExtension(path);
        if (document is not [HeadingBlock { Level: 1 } title, HeadingBlock { Level: 2 } summary, ParagraphBlock, ..]
            || PlainText.Line(title, path) != name || PlainText.Line(summary, path) != "Short description")
        {
            throw new HelpException(path, 1, $"a topic begins with '# {name}', '## Short description' and one paragraph.");
        }
        var lines = new StringBuilder().Append("TOPIC\n").Append(Margin).Append(name).Append('\n');
        foreach (Block block in document.Skip(1))
        {
            lines.Append('\n');
            Add(lines, block, path);
        }
        return lines.ToString();
    }

    private static void Add(StringBuilder lines, Block block, string path)
    {
        switch (block)
        {
            case HeadingBlock { Level: 2 } heading:
                lines.Append(PlainText.Line(heading, path).ToUpperInvariant()).Append('\n');
                break;
            case HeadingBlock { Level: 3 } heading:
                lines.Append("  ").Append(PlainText.Line(heading, path)).Append('\n');
                break;
            case ListBlock list:
                foreach (string item in PlainText.Items(list, path)) Wrap(lines, item, hanging: "  ");
                break;
            case CodeBlock code:
                foreach (string line in PlainText.CodeOf(code).Split('\n')) lines.Append((Margin + Margin + line).TrimEnd()).Append('\n');
                break;
            default:
                foreach (string paragraph in PlainText.Paragraphs([block], path)) Wrap(lines, paragraph, hanging: "");
                break;
        }
    }

    private static void Wrap(StringBuilder lines, string text, string hanging)
    {
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length == 0) line = Margin + word;
            else if (line.Length + 1 + word.Length <= Width) line += " " + word;
            else
            {
                lines.Append(line).Append('\n');
                line = Margin + hanging + word;
            }
        }
        lines.Append(line).Append('\n');
    }
}
