namespace Defragger.Comparers.Matching;

/// <summary>Finds files and rules that have another name on the right, and calls them by that.</summary>
/// <remarks>
/// A name that only the left log knows may be one that only the right log knows. Each message that findings of both have
/// is a vote for the two, and two votes if no other such name has it; pairs that were made already (a fingerprint or a
/// context crosses names) vote like that too. The most votes win, each name is in one rename at most, there are at least two
/// votes, and half of the findings of the smaller must agree.
/// Cost: n log n for n findings: a message that stands under many names (<see cref="MostNames"/>) has no vote.
/// </remarks>
internal static class RenamePass
{
    private const int MostNames = 8;
    private const int FewestVotes = 2;

    /// <summary>Renames files; false if there was none to rename.</summary>
    public static bool RenameFiles(MatchTable table, NameSet left, NameSet right)
    {
        Dictionary<ulong, ulong> names = Find(
            table, left, right, static f => f.File, static f => FindingTraits.Join(f.Rule, f.Masked));
        for (int i = 0; i < table.Left.Findings.Length; i++)
        {
            if (names.TryGetValue(table.Left.Findings[i].File, out ulong name))
            {
                table.Left.Findings[i].File = name;
                table.Left.HasNewFile[i] = true;
            }
        }

        return names.Count > 0;
    }

    /// <summary>Which rules of the left are which rules of the right.</summary>
    public static Dictionary<ulong, ulong> FindRules(MatchTable table, NameSet left, NameSet right) => Find(
        table, left, right, static f => f.Rule,
        static f => FindingTraits.Join(FindingTraits.Join(f.Tool, f.File), f.Masked));

    private static Dictionary<ulong, ulong> Find(
        MatchTable table, NameSet leftNames, NameSet rightNames, Func<FindingTraits, ulong> nameOf, Func<FindingTraits, ulong> evidenceOf)
    {
        Dictionary<ulong, ulong> renames = [];
        if (!leftNames.IsComplete || !rightNames.IsComplete)
            return renames;
        List<Witness> left = Witnesses(table.Left, rightNames, nameOf, evidenceOf);
        List<Witness> right = Witnesses(table.Right, leftNames, nameOf, evidenceOf);
        if (left.Count == 0 || right.Count == 0)
            return renames;

        Dictionary<(ulong Left, ulong Right), long> votes = [];
        CountPairs(table, leftNames, rightNames, nameOf, votes);
        CountEvidence(left, right, votes);
        Dictionary<ulong, long> leftSizes = Sizes(left);
        Dictionary<ulong, long> rightSizes = Sizes(right);
        HashSet<ulong> taken = [];
        foreach (((ulong from, ulong to), long count) in votes.OrderByDescending(vote => vote.Value)
            .ThenBy(vote => vote.Key.Left).ThenBy(vote => vote.Key.Right))
        {
            long smaller = Math.Min(leftSizes.GetValueOrDefault(from), rightSizes.GetValueOrDefault(to));
            if (count >= FewestVotes && count * 2 >= smaller && !renames.ContainsKey(from) && taken.Add(to))
                renames.Add(from, to);
        }

        return renames;
    }

    /// <summary>The free findings under names that the other log does not know, by evidence and name.</summary>
    private static List<Witness> Witnesses(MatchSide side, NameSet others, Func<FindingTraits, ulong> nameOf, Func<FindingTraits, ulong> evidenceOf)
    {
        List<Witness> witnesses = [];
        for (int i = 0; i < side.Findings.Length; i++)
        {
            ulong name = nameOf(side.Findings[i]);
            if (side.IsFree(i) && !others.Contains(name))
                witnesses.Add(new Witness(evidenceOf(side.Findings[i]), name));
        }

        witnesses.Sort();
        return witnesses;
    }

    private static void CountPairs(
        MatchTable table, NameSet leftNames, NameSet rightNames, Func<FindingTraits, ulong> nameOf, Dictionary<(ulong, ulong), long> votes)
    {
        for (int i = 0; i < table.Left.Findings.Length; i++)
        {
            if (table.Left.IsFree(i))
                continue;
            ulong from = nameOf(table.Left.Findings[i]);
            ulong to = nameOf(table.Right.Findings[table.Left.PartnerOf[i]]);
            if (from != to && !rightNames.Contains(from) && !leftNames.Contains(to))
                votes[(from, to)] = votes.GetValueOrDefault((from, to)) + FewestVotes;
        }
    }

    private static void CountEvidence(List<Witness> left, List<Witness> right, Dictionary<(ulong, ulong), long> votes)
    {
        for (int i = 0, j = 0; i < left.Count && j < right.Count;)
        {
            int order = left[i].Evidence.CompareTo(right[j].Evidence);
            if (order != 0)
            {
                i += order < 0 ? 1 : 0;
                j += order > 0 ? 1 : 0;
                continue;
            }

            ulong evidence = left[i].Evidence;
            List<(ulong Name, long Count)> here = Take(left, ref i, evidence);
            List<(ulong Name, long Count)> there = Take(right, ref j, evidence);
            if (here.Count > MostNames || there.Count > MostNames)
                continue;
            int weight = here.Count == 1 && there.Count == 1 ? FewestVotes : 1;
            foreach ((ulong from, long many) in here)
            {
                foreach ((ulong to, long asMany) in there)
                    votes[(from, to)] = votes.GetValueOrDefault((from, to)) + (weight * Math.Min(many, asMany));
            }
        }
    }

    private static List<(ulong Name, long Count)> Take(List<Witness> witnesses, ref int at, ulong evidence)
    {
        List<(ulong Name, long Count)> names = [];
        for (; at < witnesses.Count && witnesses[at].Evidence == evidence; at++)
        {
            if (names.Count > 0 && names[^1].Name == witnesses[at].Name)
                names[^1] = (names[^1].Name, names[^1].Count + 1);
            else
                names.Add((witnesses[at].Name, 1));
        }

        return names;
    }

    private static Dictionary<ulong, long> Sizes(List<Witness> witnesses)
    {
        Dictionary<ulong, long> sizes = [];
        foreach (Witness witness in witnesses)
            sizes[witness.Name] = sizes.GetValueOrDefault(witness.Name) + 1;
        return sizes;
    }

    private readonly record struct Witness(ulong Evidence, ulong Name) : IComparable<Witness>
    {
        public int CompareTo(Witness other)
        {
            int order = Evidence.CompareTo(other.Evidence);
            return order != 0 ? order : Name.CompareTo(other.Name);
        }
    }
}
