using System.Formats.Tar;
using System.Runtime.Versioning;
using Defragger.Engines;
using Defragger.Python;
using Defragger.Tests.Engines;
using Xunit;

namespace Defragger.Tests.Python;

/// <summary>Archives that lie: whatever is in one, nothing outside the folder is touched.</summary>
[SupportedOSPlatform("linux")]
public sealed class SourceTreeTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly CommandRunner _runner = new(LauncherProgram.Location);

    public void Dispose()
    {
        _runner.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_archive_is_laid_out_without_its_first_folder_and_tells_its_version()
    {
        Assert.Equal("3.11.2", SourceTree.VersionOf(LayOut(FakeSource.Archive(_folder["a.tar"], "3.11.2"))));
        Assert.True(File.Exists(_folder["out/configure"]));
    }

    [Fact]
    public void A_folder_is_laid_out_as_it_is()
    {
        FakeSource.WriteFolder(_folder, "source", "3.13.5");

        Assert.Equal("3.13.5", SourceTree.VersionOf(LayOut(_folder["source"])));
        Assert.False(SourceTree.Of(_folder["source"], null).IsArchive);
    }

    [Fact]
    public void Another_hash_is_refused_and_the_right_one_is_not()
    {
        string path = FakeSource.Archive(_folder["a.tar"], "3.11.2");
        string hash = DefragPython.HashOf(path);

        Assert.Equal(hash, SourceTree.Of(path, hash).Sha256);
        var refused = Assert.Throws<PythonRefusedException>(() => SourceTree.Of(path, new string('0', 64)));
        Assert.Equal(PythonRefusal.HashMismatch, refused.Kind);
        Assert.Contains(hash, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3.7.16", "Before 3.8")]
    [InlineData("2.7.18", "Before 3.8")]
    public void An_old_source_is_refused(string version, string says)
    {
        string laid = LayOut(FakeSource.Archive(_folder["a.tar"], version));

        Assert.Contains(says, Assert.Throws<PythonRefusedException>(() => SourceTree.VersionOf(laid)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_source_or_was_configured_is_refused()
    {
        _folder.Write("other/file", "x");
        FakeSource.WriteFolder(_folder, "configured", "3.11.2");
        _folder.Write("configured/Makefile", "");

        Assert.Equal(PythonRefusal.NotFound, Assert.Throws<PythonRefusedException>(() => SourceTree.Of(_folder["other"], null)).Kind);
        Assert.Equal(PythonRefusal.NotFound, Assert.Throws<PythonRefusedException>(() => SourceTree.Of(_folder["none"], null)).Kind);
        Assert.Contains("distclean", Assert.Throws<PythonRefusedException>(() => SourceTree.Of(_folder["configured"], null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_with_dots_does_not_leave_the_folder()
    {
        ProcessReport report = TryLayOut(FakeSource.Archive(_folder["a.tar"], "3.11.2", writer => FakeSource.Add(writer, "top/../../escaped", "x")));

        Assert.NotNull(CommandRunner.Failure(report));
        Assert.False(File.Exists(_folder["escaped"]));
    }

    [Fact]
    public void A_member_with_an_absolute_path_stays_below_the_folder()
    {
        string target = _folder["absolute"];
        TryLayOut(FakeSource.Archive(_folder["a.tar"], "3.11.2", writer => FakeSource.Add(writer, target, "x")));

        Assert.False(File.Exists(target));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public void A_link_out_of_the_folder_is_written_through_by_no_member_and_refused(TarEntryType kind)
    {
        _folder.Write("victim/file", "mine");
        ProcessReport report = TryLayOut(FakeSource.Archive(_folder["a.tar"], "3.11.2", writer =>
        {
            writer.WriteEntry(new PaxTarEntry(kind, "top/link") { LinkName = kind == TarEntryType.HardLink ? _folder["victim/file"] : _folder["victim"] });
            FakeSource.Add(writer, kind == TarEntryType.HardLink ? "top/link" : "top/link/file", "theirs");
        }));

        Assert.Equal("mine", File.ReadAllText(_folder["victim/file"]));
        if (CommandRunner.Failure(report) == null) Assert.Throws<PythonRefusedException>(() => SourceTree.VersionOf(_folder["out"]));
    }

    [Fact]
    public void A_link_out_of_the_folder_alone_is_refused()
    {
        TryLayOut(FakeSource.Archive(_folder["a.tar"], "3.11.2",
            writer => writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "top/link") { LinkName = "../../etc" })));

        Assert.Contains("a link out of it", Assert.Throws<PythonRefusedException>(() => SourceTree.VersionOf(_folder["out"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_with_rights_of_another_user_comes_without_them()
    {
        LayOut(FakeSource.Archive(_folder["a.tar"], "3.11.2", writer => FakeSource.Add(writer, "top/tool", "x", (UnixFileMode)0b_110_111_111_111)));

        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(_folder["out/tool"]) & (UnixFileMode.SetUser | UnixFileMode.SetGroup));
    }

    [Fact]
    public void The_hash_of_a_folder_tells_names_contents_rights_and_links_apart()
    {
        string Hash(Action<string> change)
        {
            string path = _folder[Path.GetRandomFileName()];
            Directory.CreateDirectory(Path.Combine(path, "sub"));
            File.WriteAllText(Path.Combine(path, "a"), "1");
            File.WriteAllText(Path.Combine(path, "sub", "b"), "2");
            change(path);
            return SourceTree.HashOfFolder(path);
        }
        string[] different =
        [
            Hash(_ => { }),
            Hash(path => File.WriteAllText(Path.Combine(path, "a"), "2")),
            Hash(path => File.Move(Path.Combine(path, "a"), Path.Combine(path, "c"))),
            Hash(path => File.Move(Path.Combine(path, "sub", "b"), Path.Combine(path, "b"))),
            Hash(path => File.SetUnixFileMode(Path.Combine(path, "a"), UnixFileMode.UserRead | UnixFileMode.UserExecute)),
            Hash(path => File.WriteAllText(Path.Combine(path, "more"), "")),
            Hash(path => File.CreateSymbolicLink(Path.Combine(path, "more"), "a")),
            Hash(path => File.CreateSymbolicLink(Path.Combine(path, "more"), "nowhere")),
            Hash(path => File.CreateSymbolicLink(Path.Combine(path, "more"), "sub")),
        ];

        Assert.Equal(different.Length, different.Distinct().Count());
        Assert.Equal(different[0], Hash(_ => { }));
        Assert.Equal(different[0], Hash(path =>
        {
            Directory.CreateDirectory(Path.Combine(path, ".git"));
            File.WriteAllText(Path.Combine(path, ".git", "HEAD"), "x");
        }));
    }

    private ProcessReport TryLayOut(string path)
    {
        Directory.CreateDirectory(_folder["out"]);
        return _runner.Capture(SourceTree.Of(path, null).LayOut(_folder["out"]), LauncherProgram.Patience, default);
    }

    private string LayOut(string path)
    {
        Assert.Null(CommandRunner.Failure(TryLayOut(path)));
        return _folder["out"];
    }
}
