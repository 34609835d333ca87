using System.Text;

namespace Defragger.Python;

/// <summary>Words of a command line as a shell would split and quote them; nothing is expanded and no shell runs.</summary>
/// <remarks><see cref="Split"/> is the inverse of <see cref="Join"/>, and agrees with Python's <c>shlex.split</c>: build
/// settings such as LIBS are written for a shell, and their words go to the compiler.</remarks>
internal static class ShellWords
{
    private const string Plain = "@%+=:,./-_";

    /// <summary>The words of a text.</summary>
    /// <exception cref="FormatException">A quotation is not closed, or the text ends in a backslash.</exception>
    public static IReadOnlyList<string> Split(string text)
    {
        List<string> words = [];
        var word = new StringBuilder();
        bool inWord = false;
        char quote = '\0';
        for (int at = 0; at < text.Length; at++)
        {
            char one = text[at];
            if (quote == '\0' && one is (' ' or '\t' or '\n' or '\r'))
            {
                if (inWord) words.Add(word.ToString());
                word.Clear();
                inWord = false;
                continue;
            }
            inWord = true;
            if (quote == '\0' && one is ('\'' or '"'))
            {
                quote = one;
            }
            else if (one == quote && quote != '\0')
            {
                quote = '\0';
            }
            else if (one == '\\' && quote != '\'')
            {
                if (++at == text.Length) throw new FormatException($"The words '{text}' end in a backslash.");
                // Within double quotes a backslash is itself before anything but these.
                if (quote == '"' && text[at] is not ('"' or '\\')) word.Append('\\');
                word.Append(text[at]);
            }
            else
            {
                word.Append(one);
            }
        }
        if (quote != '\0') throw new FormatException($"A quotation in the words '{text}' is not closed.");
        if (inWord) words.Add(word.ToString());
        return words;
    }

    /// <summary>The words as one line that a shell reads back as the same words.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    private static string Quote(string word) =>
        word.Length > 0 && word.All(one => char.IsAsciiLetterOrDigit(one) || Plain.Contains(one, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\"'\"'", StringComparison.Ordinal)}'";
}
