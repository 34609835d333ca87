using Defragger.Python;
using Xunit;

namespace Defragger.Tests.Python;

public sealed class RelinkPlanTests
{
    [Fact]
    public void The_malloc_and_the_archive_are_linked_whole()
    {
        string[] link = Link(new RelinkPlan.LibraryKind(true, true, []));

        Assert.Equal("-Wl,--whole-archive", link[Array.IndexOf(link, "PARTS/lib/libdefragger.a") - 1]);
        Assert.Equal("-Wl,--whole-archive", link[Array.IndexOf(link, "/pl/libpython3.11.a") - 1]);
        Assert.Contains("-Wl,--export-dynamic", link);
        Assert.DoesNotContain("-no-pie", link);
    }

    [Fact]
    public void Our_malloc_comes_before_every_library_that_could_bring_one() =>
        Assert.True(Array.IndexOf(Link(new RelinkPlan.LibraryKind(true, true, [])), "PARTS/lib/libdefragger.a")
            < Array.IndexOf(Link(new RelinkPlan.LibraryKind(true, true, [])), "-lm"));

    [Fact]
    public void Objects_that_are_not_position_independent_are_linked_so() =>
        Assert.Contains("-no-pie", Link(new RelinkPlan.LibraryKind(true, false, [])));

    [Fact]
    public void Libraries_come_after_what_needs_them_and_are_split_into_words()
    {
        string[] link = Link(new RelinkPlan.LibraryKind(true, true, []));

        Assert.Equal(["-lz", "-ldl", "-L/a b", "-lm", "-Xlinker", "-export-dynamic"], link[^6..]);
    }

    [Fact]
    public void Without_an_archive_the_shared_library_is_linked_by_its_whole_name_and_found_where_it_lies()
    {
        string[] link = Link(new RelinkPlan.LibraryKind(false, true, []));

        Assert.Contains("-l:libpython3.11.so", link);
        Assert.Contains("-Wl,-rpath,/lib dir", link);
        Assert.DoesNotContain("/pl/libpython3.11.a", link);
        Assert.DoesNotContain("-lz", link); // the shared library brings its own
    }

    [Fact]
    public void Every_source_is_compiled_once_and_linked_once()
    {
        using var folder = new TemporaryDirectory();
        RelinkPlan plan = PythonCases.Plan(folder, new RelinkPlan.LibraryKind(true, true, []));

        Assert.Equal(["domains.c", "main.c"], plan.Compile.Select(one => Path.GetFileName(one.Arguments[^3])));
        Assert.All(plan.Compile, one => Assert.Equal(1, plan.Link.Arguments.Count(word => word == one.Arguments[^1])));
        Assert.All(plan.Compile, one => Assert.Contains("/include one", one.Arguments));
    }

    [Fact]
    public void A_setting_that_is_no_list_of_words_is_refused()
    {
        using var folder = new TemporaryDirectory();
        PythonInstallation broken = PythonCases.Installation with { Words = new Dictionary<string, string> { ["LIBS"] = "-l'x" } };

        Assert.Throws<FormatException>(() => PythonCases.Plan(folder, new RelinkPlan.LibraryKind(true, true, []), broken));
    }

    private static string[] Link(RelinkPlan.LibraryKind kind)
    {
        using var folder = new TemporaryDirectory();
        return [.. PythonCases.Plan(folder, kind).Link.Arguments.Select(word => word.Replace(folder.Path, "PARTS", StringComparison.Ordinal))];
    }
}
