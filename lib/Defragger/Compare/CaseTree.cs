using System.IO.Enumeration;
using Defragger.Files;

namespace Defragger.Compare;

/// <summary>The cases of two directories: the union of their files, in one fixed order.</summary>
/// <remarks>
/// Both trees are walked side by side. Per directory the two sorted lists of names are merged, so a file on one side
/// only is seen at once and nothing is looked up. Files come before the subdirectories, each in ordinal order: the
/// order does not depend on the file system.
/// Memory: the names of one directory of each side and of its ancestors, never the whole tree. Time: O(n log n) in
/// the files of a directory. Links to files are followed, links to directories are not (they may form a circle). What a
/// killed approval left behind is no case.
/// </remarks>
internal static class CaseTree
{
    private static readonly EnumerationOptions s_everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Walks two directories, one case at a time.</summary>
    /// <param name="baseline">Full path of the baseline's directory.</param>
    /// <param name="candidate">Full path of the candidate's directory.</param>
    /// <param name="filter">Which cases take part.</param>
    /// <exception cref="IOException">A directory cannot be read.</exception>
    public static IEnumerable<TestCase> Walk(string baseline, string candidate, CaseFilter filter) =>
        Walk(baseline, candidate, "", filter);

    private static IEnumerable<TestCase> Walk(string? baseline, string? candidate, string prefix, CaseFilter filter)
    {
        foreach ((string name, bool left, bool right) in Merge(Files(baseline), Files(candidate)))
        {
            string full = prefix + name;
            if (filter.Takes(full))
                yield return new TestCase(full, left ? Join(baseline, name) : null, right ? Join(candidate, name) : null);
        }
        foreach ((string name, bool left, bool right) in Merge(Directories(baseline), Directories(candidate)))
        {
            IEnumerable<TestCase> below = Walk(
                left ? Join(baseline, name) : null, right ? Join(candidate, name) : null, prefix + name + "/", filter);
            foreach (TestCase found in below) yield return found;
        }
    }

    /// <summary>Counts the files of a tree that take part, without keeping a name.</summary>
    /// <param name="directory">Full path of the directory.</param>
    /// <param name="filter">Which cases take part.</param>
    /// <param name="cancellation">Ends the count early.</param>
    public static long Count(string directory, CaseFilter filter, CancellationToken cancellation)
    {
        // Names are needed only to filter; without a filter no string is made.
        int root = directory.Length + (directory.EndsWith('/') ? 0 : 1);
        var files = new FileSystemEnumerable<bool>(
            directory,
            (ref FileSystemEntry entry) => filter.TakesAll || filter.Takes(entry.ToFullPath().AsSpan(root)),
            new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true, RecurseSubdirectories = true })
        {
            ShouldIncludePredicate = IsCase,
            ShouldRecursePredicate = (ref FileSystemEntry entry) => IsTree(ref entry),
        };
        long count = 0;
        foreach (bool taken in files)
        {
            cancellation.ThrowIfCancellationRequested();
            if (taken) count++;
        }
        return count;
    }

    private static string Join(string? directory, string name) => Path.Join(directory, name);

    private static bool IsCase(ref FileSystemEntry entry) => !entry.IsDirectory && !TemporaryName.Is(entry.FileName);

    private static bool IsTree(ref FileSystemEntry entry) =>
        entry.IsDirectory && (entry.Attributes & FileAttributes.ReparsePoint) == 0;

    private static string[] Files(string? directory) => Names(directory, IsCase);

    private static string[] Directories(string? directory) => Names(directory, IsTree);

    private static string[] Names(string? directory, FileSystemEnumerable<string>.FindPredicate wanted)
    {
        if (directory == null) return [];
        string[] names = [.. new FileSystemEnumerable<string>(
            directory, (ref FileSystemEntry entry) => entry.FileName.ToString(), s_everything)
        {
            ShouldIncludePredicate = wanted,
        }];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    private static IEnumerable<(string Name, bool Left, bool Right)> Merge(string[] left, string[] right)
    {
        int i = 0, j = 0;
        while (i < left.Length || j < right.Length)
        {
            int order = i == left.Length ? 1 : j == right.Length ? -1 : string.CompareOrdinal(left[i], right[j]);
            string name = order <= 0 ? left[i] : right[j];
            if (order <= 0) i++;
            if (order >= 0) j++;
            yield return (name, order <= 0, order >= 0);
        }
    }
}
