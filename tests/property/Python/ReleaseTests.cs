using Defragger.Python;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Python;

public sealed class ReleaseTests
{
    private static readonly string s_hash = new('a', 64);

    [Fact]
    public void The_known_releases_can_be_read_and_built() => Assert.All(Release.Known, one =>
    {
        Assert.True(Version.Parse(one.Version) >= new Version(3, 8), one.Version);
        Assert.Equal(one, Release.Find(one.Version));
    });

    [Fact]
    public void The_release_of_the_end_to_end_build_is_known() =>
        Assert.Equal("2411c74bda5bbcfcddaf4531f66d1adc73f247f529aee981b029513aefdbf849", Release.Find("3.11.2").Sha256);

    [Fact]
    public void An_unknown_release_is_refused_with_what_is_known()
    {
        var refused = Assert.Throws<PythonRefusedException>(() => Release.Find("3.12.0"));

        Assert.Contains("3.11.2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("-Sha256", refused.Message, StringComparison.Ordinal);
    }

    [Property]
    public Property A_table_is_read_as_it_was_written() => Prop.ForAll(
        (from minors in Gen.Choose(8, 200).ListOf()
         select minors.Distinct().Select(minor => new Release($"3.{minor}.{minor % 7}", "suite", $"python3.{minor}", minor.ToString("x64"))).ToArray())
            .ToArbitrary(),
        all => Release.Parse("# comment\n\n" + string.Concat(all.Select(one => $"{one.Version}\t{one.Suite}\t{one.Package}\t{one.Sha256}\n"))).SequenceEqual(all));

    [Theory]
    [InlineData("3.11.2\tbookworm\tpython3.11", "four fields")]
    [InlineData("3.11.2\tbookworm\tpython3.11\tHASH\tmore", "four fields")]
    [InlineData("3.11.2\t \tpython3.11\tHASH", "four fields")]
    [InlineData("3.11\tbookworm\tpython3.11\tHASH", "no version")]
    [InlineData("latest\tbookworm\tpython3.11\tHASH", "no version")]
    [InlineData("3.11.2\tbookworm\tpython3.11\tabc", "no SHA-256")]
    [InlineData("3.11.2\ta\tb\tHASH\n3.11.2\tc\td\tOTHER", "again")]
    [InlineData("3.11.2\ta\tb\tHASH\n3.12.2\tc\td\tHASH", "again")]
    public void A_line_that_is_none_is_refused_with_its_number(string line, string says)
    {
        string text = line.Replace("HASH", s_hash, StringComparison.Ordinal).Replace("OTHER", new string('b', 64), StringComparison.Ordinal);

        var refused = Assert.Throws<FormatException>(() => Release.Parse("# one\n" + text));

        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"Line {1 + line.Split('\n').Length}", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://one/debian/ bookworm Debian\n", "http://one/debian/")]
    [InlineData("http://sec/ bookworm-security Debian-Security\nhttp://one/ bookworm-updates Debian\nhttp://two/ trixie Debian\n", "http://two/")]
    [InlineData("http://vendor/ stable Vendor Inc\nhttp://two/ trixie Debian\n", "http://two/")]
    [InlineData("http://two/ trixie $(LABEL)\n", "http://two/")] // no lists were fetched yet
    [InlineData("http://sec/ bookworm-security Debian-Security\n", null)]
    [InlineData("", null)]
    public void Sources_come_from_where_the_machine_has_its_main_suite(string targets, string? place) =>
        Assert.Equal(place, AptSource.Repository(targets));
}
