namespace Defragger.Compare;

/// <summary>Finds cases whose files lie elsewhere: a link on their way leads out of the run's directories.</summary>
/// <remarks>
/// Results come from machines and people that are not trusted with every file that this user can read. A file that a manifest
/// or a row names outside the directories is meant to be read and is not asked about.
/// Cost: one look at each part of the name, some microseconds a case.
/// </remarks>
internal static class OutsideLink
{
    private const int MostLinks = 40; // what the kernel follows

    /// <summary>What is wrong with the files of a case, or null.</summary>
    /// <param name="testCase">The case.</param>
    /// <param name="further">Other files that it is compared with.</param>
    /// <param name="directories">Full paths of the run's directories; none if links may lead anywhere.</param>
    public static string? Fault(TestCase testCase, IReadOnlyList<string> further, IReadOnlyList<string> directories)
    {
        foreach (string path in new[] { testCase.BaselinePath, testCase.CandidatePath }.OfType<string>().Concat(further))
        {
            string? directory = directories.FirstOrDefault(one => CaseName.Below(path, one) != null);
            if (directory == null || !HasLink(path, directory)) continue;
            if (Resolve(path) is not string real) return $"'{path}' leads through more than {MostLinks} links";
            if (!directories.Any(one => CaseName.Below(real, Resolve(one) ?? one) != null))
                return $"'{path}' is a link to '{real}', outside of the directories, and is not read; -FollowLink reads it";
        }
        return null;
    }

    private static bool HasLink(string path, string directory)
    {
        for (string? part = path; part != null && part.Length > directory.TrimEnd('/').Length; part = Path.GetDirectoryName(part))
            if (IsLink(part)) return true;
        return false;
    }

    /// <summary>The path without links; null if there are too many.</summary>
    private static string? Resolve(string path)
    {
        string[] rest = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string real = "/";
        int links = 0;
        for (int i = 0; i < rest.Length;)
        {
            string next = Path.Combine(real, rest[i]);
            if (!IsLink(next))
            {
                real = next;
                i++;
                continue;
            }
            if (++links > MostLinks) return null;
            string target = Path.GetFullPath(new FileInfo(next).LinkTarget!, real);
            rest = [.. target.Split('/', StringSplitOptions.RemoveEmptyEntries), .. rest[(i + 1)..]];
            real = "/";
            i = 0;
        }
        return real;
    }

    private static bool IsLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget != null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // whoever opens it finds out why
        }
    }
}
