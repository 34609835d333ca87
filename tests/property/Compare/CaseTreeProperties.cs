using Defragger.Compare;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Compare;

/// <summary>Two small trees of files, by name, that overlap.</summary>
public sealed record TwoTrees(string[] Left, string[] Right)
{
    public override string ToString() => $"left {string.Join(' ', Left)}; right {string.Join(' ', Right)}";
}

public static class TreeArbitraries
{
    public static Arbitrary<TwoTrees> Trees()
    {
        // Names and directories never collide: a directory ends in 'd', a file does not.
        Gen<string> file = Gen.Elements("a", "b", "B", "a.txt", ".hidden", "é", "a b", "x%2Fy");
        Gen<string> path = Gen.OneOf(
            file, Gen.Zip(Gen.Elements("d", "ed", "a.d"), file).Select(p => $"{p.Item1}/{p.Item2}"),
            Gen.Zip(Gen.Elements("d/d", "d/ed"), file).Select(p => $"{p.Item1}/{p.Item2}"));
        Gen<string[]> tree = path.ArrayOf().Select(paths => paths.Distinct().ToArray());
        return Gen.Zip(tree, tree).Select(pair => new TwoTrees(pair.Item1, pair.Item2)).ToArbitrary();
    }
}

[Properties(Arbitrary = [typeof(TreeArbitraries)], MaxTest = 100)]
public class CaseTreeProperties
{
    [Property]
    public void The_walk_gives_every_file_of_either_side_once_and_says_which_side_has_it(TwoTrees trees)
    {
        using var directory = new TemporaryDirectory();
        (string left, string right) = Make(directory, trees);
        TestCase[] found = [.. CaseTree.Walk(left, right, CaseFilter.All)];
        Assert.Equal(
            trees.Left.Union(trees.Right).Order(StringComparer.Ordinal),
            found.Select(one => one.Name).Order(StringComparer.Ordinal));
        Assert.All(found, one =>
        {
            Assert.Equal(trees.Left.Contains(one.Name) ? Path.Combine(left, one.Name) : null, one.BaselinePath);
            Assert.Equal(trees.Right.Contains(one.Name) ? Path.Combine(right, one.Name) : null, one.CandidatePath);
        });
    }

    [Property]
    public void The_order_does_not_depend_on_which_side_has_a_file(TwoTrees trees)
    {
        using var directory = new TemporaryDirectory();
        (string left, string right) = Make(directory, trees);
        string[] all = [.. trees.Left.Union(trees.Right)];
        (string both, _) = Make(directory, new TwoTrees(all, []), "whole");
        Assert.Equal(
            CaseTree.Walk(both, both, CaseFilter.All).Select(one => one.Name),
            CaseTree.Walk(left, right, CaseFilter.All).Select(one => one.Name));
    }

    [Property]
    public void The_count_is_the_number_of_files_that_take_part(TwoTrees trees)
    {
        using var directory = new TemporaryDirectory();
        (string left, _) = Make(directory, trees);
        var filter = new CaseFilter(["*a*"], [], ["*.txt"]);
        Assert.Equal(trees.Left.Length, CaseTree.Count(left, CaseFilter.All, default));
        Assert.Equal(trees.Left.Count(name => filter.Takes(name)), CaseTree.Count(left, filter, default));
    }

    [Fact]
    public void A_link_to_a_directory_is_not_followed()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("left/a", "");
        Directory.CreateSymbolicLink(directory["left/self"], directory["left"]);
        Directory.CreateDirectory(directory["right"]);
        Assert.Equal(["a"], CaseTree.Walk(directory["left"], directory["right"], CaseFilter.All).Select(one => one.Name));
        Assert.Equal(1, CaseTree.Count(directory["left"], CaseFilter.All, default));
    }

    [Theory]
    [InlineData("Modules/_csv.sarif", true)]
    [InlineData("_csv.sarif", true)]
    [InlineData("Modules/skip_me.sarif", false)]
    [InlineData("Modules/_csv.txt", false)]
    [InlineData("Objects/list.sarif", true)]
    public void A_pattern_without_a_slash_matches_the_last_part(string name, bool taken) =>
        Assert.Equal(taken, new CaseFilter([], ["*.sarif"], ["skip*"]).Takes(name));

    [Theory]
    [InlineData("../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_name_that_could_leave_the_directories_is_refused(string name) => Assert.NotNull(CaseName.Fault(name));

    private static (string Left, string Right) Make(TemporaryDirectory directory, TwoTrees trees, string name = "run")
    {
        string root = Directory.CreateDirectory(directory[$"{name}-{Guid.NewGuid():N}"]).FullName;
        foreach ((string side, string[] files) in new[] { ("left", trees.Left), ("right", trees.Right) })
        {
            Directory.CreateDirectory(Path.Combine(root, side));
            foreach (string file in files)
            {
                string path = Path.Combine(root, side, file);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, file);
            }
        }
        return (Path.Combine(root, "left"), Path.Combine(root, "right"));
    }
}
