using Defragger.Comparers.Differences;

namespace Defragger.Comparers.Xml;

/// <summary>Reads what findings of XML reports say that differ: each report a second time, up to the last one that is asked
/// for.</summary>
internal static class XmlText
{
    /// <summary>The differences with their text.</summary>
    public static IReadOnlyList<Difference> Read(DifferenceList list, SourceFile baseline, SourceFile candidate)
    {
        List<FoundDifference> kept = list.Kept();
        Dictionary<long, ShownFinding> left = Find(baseline, kept.Select(found => found.Baseline));
        Dictionary<long, ShownFinding> right = Find(candidate, kept.Select(found => found.Candidate));
        return
        [
            .. kept.Select(found => FindingText.Tell(
                found.Kind, left.GetValueOrDefault(found.Baseline.Offset), right.GetValueOrDefault(found.Candidate.Offset))),
        ];
    }

    private static Dictionary<long, ShownFinding> Find(SourceFile file, IEnumerable<Extent> extents)
    {
        HashSet<long> wanted = [.. extents.Where(extent => extent.Exists).Select(extent => extent.Number)];
        Dictionary<long, ShownFinding> found = [];
        using XmlFindingParser parser = new(file);
        for (long number = 0; found.Count < wanted.Count; number++)
        {
            XmlFinding finding = parser.Read() ?? throw new ComparisonException(file.Path, "was changed while being read");
            if (wanted.Contains(number))
                found.Add(number, Show(finding));
        }

        return found;
    }

    private static ShownFinding Show(XmlFinding finding)
    {
        XmlPlace own = finding.Places.Count > 0 ? finding.Places[0] : default;
        return ShownFinding.At(own.File, own.Line, finding.Rule) with
        {
            Rule = finding.Rule.Length > 0 ? Excerpt.Of(finding.Rule) : null,
            Message = finding.Message,
            Level = finding.Level,
            Snippet = finding.BodyStart,
        };
    }
}
