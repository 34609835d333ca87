using Defragger.Comparers;
using Defragger.Comparers.Records;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers.Records;

public sealed class ScratchFileTests
{
    [Property(MaxTest = 100)]
    public void What_was_appended_is_read_again(NonNull<byte[]>[] pieces)
    {
        using TemporaryDirectory folder = new();
        using ScratchFile file = new("x", folder.Path);
        List<long> places = [.. pieces.Select(piece => file.Append(piece.Get))];
        Assert.Equal(pieces.Sum(piece => piece.Get.Length), file.Length);
        for (int i = pieces.Length - 1; i >= 0; i--)
        {
            byte[] read = new byte[pieces[i].Get.Length];
            file.Read(read, places[i]);
            Assert.Equal(pieces[i].Get, read);
        }
    }

    [Fact]
    public void It_has_no_name_once_it_is_open()
    {
        using TemporaryDirectory folder = new();
        using ScratchFile file = new("x", folder.Path);
        file.Append([1, 2, 3]);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_told_with_what_to_do()
    {
        string error = Assert.Throws<ComparisonException>(() => new ScratchFile("a.csv", "/no/such/folder")).Message;
        Assert.StartsWith("a.csv: what does not fit in memory cannot be sorted in '/no/such/folder': ", error, StringComparison.Ordinal);
        Assert.EndsWith(". TMPDIR names another folder", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_is_not_filled_to_its_end()
    {
        using TemporaryDirectory folder = new();
        using ScratchFile file = new("a.csv", folder.Path, reserve: long.MaxValue);
        string error = Assert.Throws<ComparisonException>(() => file.Append([1])).Message;
        Assert.Contains($"a.csv: what does not fit in memory cannot be sorted in '{folder.Path}': 0 MB are written, and of its disk ", error, StringComparison.Ordinal);
        Assert.EndsWith("are not taken. TMPDIR names another folder", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_behind_the_end_is_an_error()
    {
        using TemporaryDirectory folder = new();
        using ScratchFile file = new("a.csv", folder.Path);
        file.Append([1, 2, 3]);
        Assert.Contains("the file ends at byte 3", Assert.Throws<ComparisonException>(() => file.Read(new byte[2], 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_lies_in_the_named_folder_else_on_the_disk_else_where_the_system_says()
    {
        using TemporaryDirectory folder = new();
        string none = Path.Combine(folder.Path, "none");
        string error = Assert.Throws<ComparisonException>(() => ScratchFile.Create("x", none, folder.Path)).Message;
        Assert.Contains($"'{none}'", error, StringComparison.Ordinal);
        foreach (string disk in (string[])[folder.Path, none])
        {
            using ScratchFile file = ScratchFile.Create("x", "", disk);
            Assert.Equal(0, file.Append([1]));
        }
    }
}
