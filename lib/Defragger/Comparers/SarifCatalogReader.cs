using System.Text.Json;
using Defragger.Comparers.Rules;

namespace Defragger.Comparers;

/// <summary>
/// The catalogs of all runs of a file, results skipped: for files in which results stand before the tool.
/// </summary>
/// <remarks>
/// clang writes its keys in alphabetical order, so "results" comes before "tool", and the name of the tool is part of
/// every finding's key. Such a file is read twice instead of keeping its findings.
///
/// Results are most of a log, so they are not parsed here but jumped over, quote by quote and bracket by bracket. What
/// is wrong with them, or with the file, is for the first reading to say, at the right place: a catalog of a broken
/// file ends where it breaks.
/// </remarks>
internal sealed class SarifCatalogReader : SarifReader
{
    private readonly List<SarifRunCatalog> _runs = [];

    private SarifCatalogReader(SourceFile file, int bufferSize, FindingRules? rules)
        : base(file, bufferSize, rules)
    {
    }

    /// <summary>One catalog a run, in the order of the file.</summary>
    public static IReadOnlyList<SarifRunCatalog> ReadAll(SourceFile file, int bufferSize, FindingRules? rules)
    {
        using SarifCatalogReader reader = new(file, bufferSize, rules);
        try
        {
            while (reader.Pump())
            {
            }
        }
        catch (ComparisonException e) when (e.InnerException is JsonException)
        {
            // The run that the first reading stands in began before the break, so it has a catalog.
            reader._runs.Add(reader.Run);
        }

        return reader._runs;
    }

    protected override bool Enter(SarifNode node)
    {
        if (node != SarifNode.Results)
            return true;
        JumpOver();
        return false;
    }

    protected override void Leave(SarifNode node)
    {
        if (node == SarifNode.Run)
            _runs.Add(Run);
    }
}
