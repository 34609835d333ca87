using System.Runtime.Versioning;
using Defragger.Python;
using Xunit;

namespace Defragger.Tests.Python;

[SupportedOSPlatform("linux")]
public sealed class PythonFolderTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_record_is_read_as_it_was_written_and_knows_where_it_lies_now()
    {
        DefragPython made = Place("a");
        Directory.Move(_folder["a"], _folder["b"]);

        DefragPython read = DefragPython.Read(_folder["b"])!;

        Assert.Equal(_folder["b/bin/python3.11"], read.Executable);
        Assert.Equal(made.Stages, read.Stages);
        Assert.Equal(made.Checks, read.Checks);
        Assert.Equivalent(made with { Path = _folder["b"] }, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1]")]
    public void A_damaged_record_is_said_to_be_so(string text)
    {
        _folder.Write("a/" + DefragPython.RecordName, text);

        Assert.Throws<InvalidDataException>(() => DefragPython.Read(_folder["a"]));
    }

    [Fact]
    public void Only_what_a_build_made_is_replaced_and_only_when_told()
    {
        Place("ours");
        _folder.Write("other/file", "x");
        Directory.CreateDirectory(_folder["empty"]);

        PythonFolder.CheckFree(_folder["none"], force: false);
        PythonFolder.CheckFree(_folder["empty"], force: false);
        PythonFolder.CheckFree(_folder["ours"], force: true);
        foreach ((string path, bool force) in new[] { ("ours", false), ("other", true), ("other/file", true) })
            Assert.Equal(PythonRefusal.DestinationExists, Assert.Throws<PythonRefusedException>(() => PythonFolder.CheckFree(_folder[path], force)).Kind);
    }

    [Fact]
    public void A_tree_that_cannot_be_placed_leaves_the_former_one()
    {
        Place("ours");

        Assert.ThrowsAny<IOException>(() => PythonFolder.Place(_folder["no tree"], _folder["ours"]));

        Assert.NotNull(DefragPython.Read(_folder["ours"]));
    }

    [Fact]
    public void A_tree_takes_the_place_of_the_former_one_which_is_kept_aside()
    {
        Place("ours");
        _folder.Write("tree/new", "x");
        Directory.CreateDirectory(_folder["empty"]);
        _folder.Write("other tree/new", "x");

        PythonFolder.Place(_folder["tree"], _folder["ours"]);
        PythonFolder.Place(_folder["other tree"], _folder["empty"]);
        PythonFolder.Place(_folder["tree"], _folder["none"]);

        Assert.True(File.Exists(_folder["ours/new"]));
        Assert.True(File.Exists(_folder["empty/new"]));
        Assert.NotNull(DefragPython.Read(_folder["none"]));
    }

    [Fact]
    public void A_removal_takes_all_of_it_but_nothing_behind_links()
    {
        Place("ours");
        _folder.Write("kept/file", "x");
        Directory.CreateSymbolicLink(_folder["ours/link"], _folder["kept"]);
        Directory.CreateSymbolicLink(_folder["ours/bin/link"], _folder["kept"]);
        File.CreateSymbolicLink(_folder["ours/file"], _folder["kept/file"]);

        PythonFolder.Remove(_folder["ours"]);

        Assert.False(Directory.Exists(_folder["ours"]));
        Assert.True(File.Exists(_folder["kept/file"]));
    }

    [Fact]
    public void What_no_build_made_is_not_removed()
    {
        _folder.Write("other/file", "x");

        Assert.Equal(PythonRefusal.NotOurs, Assert.Throws<PythonRefusedException>(() => PythonFolder.Remove(_folder["other"])).Kind);
        Assert.Equal(PythonRefusal.NotFound, Assert.Throws<PythonRefusedException>(() => PythonFolder.Remove(_folder["none"])).Kind);
        Assert.True(File.Exists(_folder["other/file"]));
    }

    [Fact]
    public void The_list_has_what_is_there_and_forgets_what_is_gone()
    {
        var store = new PythonStore(_folder["store"]);
        foreach (string name in new[] { "b", "a", "gone", "forgotten" })
        {
            Place(name);
            store.Add(_folder[name]);
        }
        store.Add(_folder["a"]);
        Directory.Delete(_folder["gone"], recursive: true);
        store.Forget(_folder["forgotten"]);

        Assert.Equal([_folder["a"], _folder["b"]], store.List().Select(python => python.Path));
        Assert.Equal(2, Directory.GetFiles(_folder["store/built"]).Length);
    }

    [Fact]
    public void A_scratch_folder_is_its_owners_alone_and_gone_with_it()
    {
        string path;
        using (var scratch = new ScratchFolder(_folder.Path))
        {
            path = scratch.FullPath;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
            File.WriteAllText(scratch["file"], "x");
        }
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void A_scratch_folder_whose_owner_was_killed_is_removed_by_the_next_one_and_others_are_left()
    {
        _folder.Write(".defragger-dead/lock", "");
        _folder.Write(".defragger-dead/tree/file", "x");
        _folder.Write("other/lock", "");
        Directory.CreateDirectory(_folder[".defragger-young"]); // its owner has not come to its lock yet
        using var alive = new ScratchFolder(_folder.Path);
        using var next = new ScratchFolder(_folder.Path);

        Assert.False(Directory.Exists(_folder[".defragger-dead"]));
        Assert.True(Directory.Exists(alive.FullPath));
        Assert.True(Directory.Exists(_folder[".defragger-young"]));
        Assert.True(Directory.Exists(_folder["other"]));
    }

    private DefragPython Place(string name)
    {
        DefragPython made = PythonCases.Made(_folder[name]);
        _folder.Write($"{name}/bin/python3.11", "x");
        made.Write(_folder[name]);
        return made;
    }
}
