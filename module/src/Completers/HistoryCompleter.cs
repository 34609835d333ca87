using System.Management.Automation;
using Defragger.History;

namespace Defragger.PowerShell.Completers;

/// <summary>-Case, -Comparer and -Platform of the history's cmdlets: what the history has, that of -History if it is given.</summary>
internal sealed class HistoryCompleter : WordCompleter
{
    protected override StringComparison Comparison => StringComparison.Ordinal;

    protected override IEnumerable<Word> Words(TypedWord typed)
    {
        string? path = typed.Given("History") is string given ? TypedWord.FullPath(given) : HistoryPath.Default();
        if (!File.Exists(path)) return [];
        using HistoryDatabase database = HistoryDatabase.Open(path);
        IReadOnlyList<CaseHistory> known = database.Read();
        // These parameters take wildcards: a name with brackets must stand for itself.
        IEnumerable<string> names = typed.Parameter switch
        {
            "Comparer" => known.Select(one => WildcardPattern.Escape(one.Comparer)).Distinct().Order(StringComparer.Ordinal),
            "Platform" => known.Select(one => WildcardPattern.Escape(one.Platform)).Distinct().Order(StringComparer.Ordinal),
            _ => Steps.Of(known.Select(one => WildcardPattern.Escape(one.Case)), typed.Text),
        };
        return [.. names.Select(name => new Word(name))];
    }
}
