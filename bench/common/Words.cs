using System.Globalization;

namespace Defragger.Bench;

/// <summary>The words of a command line: those that stand alone, and those with a value.</summary>
internal static class Words
{
    /// <summary>Options as they are after all words.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="options">Options without any word.</param>
    /// <param name="flag">Options after a word that stands alone; null if it is none of these.</param>
    /// <param name="valued">Options after a word and its value; null if one of them is wrong.</param>
    /// <param name="reason">What is wrong; empty if nothing is.</param>
    /// <returns>Null if a word is wrong.</returns>
    public static T? Parse<T>(
        string[] words, T options, Func<T, string, T?> flag, Func<T, string, string, T?> valued, out string reason)
        where T : class
    {
        reason = "";
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            if (flag(options, word) is T switched)
            {
                options = switched;
                continue;
            }
            string? value = i + 1 < words.Length ? words[++i] : null;
            if (value != null && valued(options, word, value) is T next)
            {
                options = next;
                continue;
            }
            reason = value == null ? $"'{word}' is no option or lacks its value" : $"'{word} {value}' is not possible";
            return null;
        }
        return options;
    }

    /// <summary>A number of rounds, at least 1; null for anything else.</summary>
    public static int? Rounds(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) && rounds > 0 ? rounds : null;
}
