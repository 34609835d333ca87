using System.Text.Json;

namespace Defragger.Comparers;

/// <summary>The one place that words what is wrong with JSON.</summary>
internal static class JsonErrors
{
    /// <summary>
    /// Deep enough for every report seen, and a bound on what a hostile file can make the readers hold.
    /// </summary>
    public const int MaximumDepth = 1000;

    /// <summary>Which of the values counts is for each parser to choose: such objects cannot be compared.</summary>
    public const string RepeatedKey = "the object that ends here repeats a key";

    public static JsonReaderOptions Options => new() { MaxDepth = MaximumDepth };

    /// <summary>The parser's sentence without its own coordinates, which count from the start of a line.</summary>
    public static string Explain(JsonException error)
    {
        string text = error.Message;
        int coordinates = text.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (coordinates < 0 ? text : text[..coordinates]).ReplaceLineEndings(" ").TrimEnd();
    }
}
