using System.Management.Automation;
using Defragger.History;
using Defragger.PowerShell.Completers;

namespace Defragger.PowerShell.Commands;

/// <summary>A cmdlet that chooses among the cases of a history.</summary>
public abstract class HistoryFilterCommand : HistoryCommand
{
    private readonly List<WildcardPattern> _names = [];
    private readonly HashSet<(string, string, string)> _given = [];

    /// <summary>Only cases with such a name; wildcards.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HistoryCompleter))]
    [PSDefaultValue(Help = "all")]
    public string[] Case { get; set; } = [];

    /// <summary>Only these, as Get-DefragHistory gave them.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    [PSDefaultValue(Help = "all")]
    public CaseHistory[] InputObject { get; set; } = [];

    /// <summary>Only what was learned with such a comparer; wildcards.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HistoryCompleter))]
    [PSDefaultValue(Help = "all")]
    public string? Comparer { get; set; }

    /// <summary>Only what was learned on such a platform; wildcards.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HistoryCompleter))]
    [PSDefaultValue(Help = "all")]
    public string? Platform { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _names.AddRange(Case.Select(Pattern));
        _given.UnionWith(InputObject.Select(Key));
    }

    /// <summary>The cases that are meant, once all names have come; none where there is no file.</summary>
    private protected IReadOnlyList<CaseHistory> Chosen(string path)
    {
        // A pipeline that brought nothing means no case, not every case.
        if (!File.Exists(path) || (MyInvocation.ExpectingInput && _names.Count + _given.Count == 0)) return [];
        WildcardPattern? comparer = Comparer == null ? null : Pattern(Comparer), platform = Platform == null ? null : Pattern(Platform);
        return [.. With(path, database => database.Read()).Where(one =>
            (_names.Count + _given.Count == 0 || _given.Contains(Key(one)) || _names.Any(name => name.IsMatch(one.Case)))
            && comparer?.IsMatch(one.Comparer) != false && platform?.IsMatch(one.Platform) != false && Takes(one))];
    }

    /// <summary>What else is asked of a case.</summary>
    private protected virtual bool Takes(CaseHistory one) => true;

    private static (string, string, string) Key(CaseHistory one) => (one.Case, one.Comparer, one.Platform);

    // Case matters, as it does in the file system.
    private static WildcardPattern Pattern(string text) => WildcardPattern.Get(text, WildcardOptions.CultureInvariant);
}
