using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Defragger.PowerShell.Completers;

/// <summary>What Tab offers for a parameter: the words that begin with what was typed, quoted where they must be.</summary>
/// <remarks>
/// <list type="number">
/// <item>At most 200 words: more are of no use at a prompt, and a history may have a hundred thousand.</item>
/// <item>A completer never fails and never starts a program: what cannot be read offers nothing.</item>
/// <item>Where a path can stand too, paths are offered behind the words: the engine leaves that to the completer.</item>
/// </list>
/// </remarks>
internal abstract class WordCompleter : IArgumentCompleter
{
    private const int Most = 200;

    /// <summary>Called by the engine.</summary>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        char quote = wordToComplete is ['\'' or '"', ..] ? wordToComplete[0] : '\0';
        var typed = new TypedWord(parameterName, wordToComplete.Trim('\'', '"'), fakeBoundParameters);
        IEnumerable<CompletionResult> paths = TakesPaths ? CompletionCompleters.CompleteFilename(wordToComplete) : [];
        try
        {
            return
            [
                .. Words(typed).Where(word => IsMeant(word.Text, typed.Text)).DistinctBy(word => word.Text).Take(Most)
                    .Select(word => new CompletionResult(Quoted(word.Text, quote), word.Text, CompletionResultType.ParameterValue, word.Tip)),
                .. paths,
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or RuntimeException or InvalidOperationException)
        {
            return paths;
        }
    }

    /// <summary>Names of files are told apart by case, the words of settings are not.</summary>
    protected virtual StringComparison Comparison => StringComparison.OrdinalIgnoreCase;

    /// <summary>Whether a word is one that what was typed may become.</summary>
    protected virtual bool IsMeant(string word, string typed) => word.StartsWith(typed, Comparison);

    /// <summary>A path can stand there too.</summary>
    protected virtual bool TakesPaths => false;

    /// <summary>Words to offer; those that are not meant are left out afterwards.</summary>
    protected abstract IEnumerable<Word> Words(TypedWord typed);

    private static string Quoted(string text, char quote)
    {
        // What begins with a dash would be a parameter.
        bool bare = text is not ['-', ..] && text.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or ':' or '%' or '=' or '*' or '+');
        if (bare && quote == '\0') return text;
        return quote == '"'
            ? $"\"{text.Replace("`", "``", StringComparison.Ordinal).Replace("$", "`$", StringComparison.Ordinal).Replace("\"", "`\"", StringComparison.Ordinal)}\""
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
    }
}

/// <summary>A word to offer.</summary>
/// <param name="Text">What is put at the prompt.</param>
/// <param name="Tip">What a menu says of it.</param>
internal readonly record struct Word(string Text, string Tip)
{
    public Word(string text) : this(text, text)
    {
    }
}

/// <summary>What the completer is asked.</summary>
/// <param name="Parameter">The parameter's name.</param>
/// <param name="Text">What was typed of the word, without quotes.</param>
/// <param name="Bound">The parameters that are given already.</param>
internal sealed record TypedWord(string Parameter, string Text, IDictionary Bound)
{
    private const string Paths = "$ExecutionContext.SessionState.Path";

    /// <summary>A parameter that is given already, as text, the first of several; null where it is not.</summary>
    public string? Given(string name) => Bound[name] switch
    {
        object[] several => several.FirstOrDefault()?.ToString(),
        var one => one?.ToString(),
    };

    /// <summary>A path of the session's as a full path of the system.</summary>
    public static string FullPath(string path)
    {
        using System.Management.Automation.PowerShell session = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        PathIntrinsics paths = session.AddScript(Paths).Invoke<PathIntrinsics>().Single();
        return Path.GetFullPath(paths.GetUnresolvedProviderPathFromPSPath(path));
    }
}
