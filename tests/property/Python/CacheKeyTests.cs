using Defragger.Python;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Python;

public sealed class CacheKeyTests
{
    private static readonly Dictionary<string, string> s_nothing = [];

    [Property]
    public bool The_same_gives_the_same_name(string[] configure, string compiler) =>
        Of(configure ?? [], compiler ?? "").Name == Of(configure ?? [], compiler ?? "").Name;

    [Property]
    public bool Other_words_for_configure_give_another_name(string[] one, string[] other)
    {
        (one, other) = ([.. (one ?? []).Select(word => word ?? "")], [.. (other ?? []).Select(word => word ?? "")]);
        return one.SequenceEqual(other) == (Of(one, "gcc").Text == Of(other, "gcc").Text);
    }

    [Fact]
    public void Everything_that_the_bytes_depend_on_gives_another_name()
    {
        CacheKey[] keys =
        [
            Of([], "gcc 12"),
            Of([], "gcc 13"),
            Of(["--with-lto"], "gcc 12"),
            Of(["--with lto"], "gcc 12"),
            Of(["--with", "lto"], "gcc 12"),
            Of([], "gcc 12", source: "other"),
            Of([], "gcc 12", place: "/elsewhere"),
            Of([], "gcc 12", architecture: "Arm64"),
            .. CacheKey.Variables.Select(name => Of([], "gcc 12", variables: new() { [name] = "-g" })),
            Of([], "gcc 12", variables: new() { ["CC"] = "-g\nCFLAGS -g" }),
        ];

        Assert.Equal(keys.Length, keys.Select(key => key.Name).Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^[0-9a-f]{24}$", key.Name));
    }

    [Fact]
    public void A_variable_that_is_empty_or_of_no_matter_changes_nothing()
    {
        Assert.Equal(Of([], "gcc"), Of([], "gcc", variables: new() { ["CFLAGS"] = "" }));
        Assert.Equal(Of([], "gcc"), Of([], "gcc", variables: new() { ["HOME"] = "/x", ["PYTHONPATH"] = "/x" }));
    }

    private static CacheKey Of(
        string[] configure, string compiler, string source = "abc", string place = "/cache", string architecture = "X64",
        Dictionary<string, string>? variables = null) =>
        CacheKey.Of(source, configure, place, name => (variables ?? s_nothing).GetValueOrDefault(name), compiler, architecture);
}
