using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using System.Xml.Linq;
using Defragger.Reports;
using Defragger.Views;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Views;

/// <summary>Arenas as runs of granules: live or free, and the free pages that are dirty.</summary>
public sealed record SnapshotCase((int Granules, bool Live)[][] Arenas, int[] Large, int Dirty)
{
    private const int Granule = 16;

    /// <summary>The text that df_malloc_snapshot would write.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder();
            for (int i = 0; i < Arenas.Length; i++)
            {
                text.Append($"arena 0x{0x7f0000000000 + (i * 0x10000000L):x} {Committed(i)}\n");
                long at = 0;
                foreach ((int granules, bool live) in Arenas[i])
                {
                    text.Append($"{(live ? "block" : "free")} {at} {granules * Granule}\n");
                    at += granules * Granule;
                }
                foreach (int page in DirtyPages(i).Reverse()) text.Append($"dirty {page * 4096} 4096\n");
            }
            foreach (int length in Large) text.Append($"large 0x7e0000000000 {length}\n");
            return text.Append("end\n").ToString();
        }
    }

    public long Committed(int arena) => Arenas[arena].Sum(item => (long)item.Granules * Granule);

    /// <summary>Live bytes of each page, byte by byte.</summary>
    public int[] Live(int arena)
    {
        int[] pages = new int[(Committed(arena) + 4095) / 4096];
        long at = 0;
        foreach ((int granules, bool live) in Arenas[arena])
        {
            for (int i = 0; i < granules * Granule; i++, at++) pages[at / 4096] += live ? 1 : 0;
        }
        return pages;
    }

    /// <summary>Some of the whole free pages.</summary>
    public IEnumerable<int> DirtyPages(int arena)
    {
        int[] live = Live(arena);
        return Enumerable.Range(0, (int)(Committed(arena) / 4096)).Where(page => live[page] == 0 && (page * 7) % 10 < Dirty);
    }
}

public static class SnapshotArbitraries
{
    public static Arbitrary<SnapshotCase> Cases()
    {
        Gen<(int, bool)> item = Gen.Zip(Gen.OneOf(Gen.Choose(1, 40), Gen.Choose(1, 2000)), Gen.Elements(true, false));
        return (
            from arenas in item.NonEmptyListOf().Select(items => items.ToArray()).ArrayOf(3)
            from count in Gen.Choose(0, 3)
            from large in Gen.Choose(1, 1 << 30).ArrayOf()
            from dirty in Gen.Choose(0, 10)
            select new SnapshotCase(arenas[..count], large, dirty)).ToArbitrary();
    }
}

/// <summary>Snapshots become maps, and maps pictures.</summary>
[Properties(Arbitrary = [typeof(SnapshotArbitraries)], MaxTest = 200)]
public sealed class HeapMapProperties : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Property]
    public void Every_page_has_the_bytes_that_live_on_it(SnapshotCase one)
    {
        HeapMap map = Read(one.Text);
        Assert.Equal(one.Arenas.Length, map.Arenas.Count);
        for (int i = 0; i < one.Arenas.Length; i++)
        {
            Assert.Equal(one.Live(i), map.Arenas[i].Pages.Select(page => page.Live));
            HashSet<int> dirty = [.. one.DirtyPages(i)];
            Assert.Equal(
                one.Live(i).Select((live, page) => live > 0 ? PageUse.Pinned : dirty.Contains(page) ? PageUse.Free : PageUse.Purged),
                map.Arenas[i].Pages.Select(page => page.Use));
        }
        Assert.Equal(one.Large.Sum(length => (long)length), map.Large);
        Assert.Equal(one.Arenas.Sum(arena => arena.Count(item => item.Live)) + one.Large.Length, map.Blocks);
        Assert.Equal(one.Arenas.Select((_, i) => one.Live(i).Sum(live => (long)live)).Sum(), map.Live);
        Assert.Equal(map.Arenas.Sum(arena => arena.Pages.Count) * 4096L, map.Pinned + map.Free + map.Purged);
    }

    [Property]
    public void A_snapshot_that_was_cut_or_changed_is_an_error_or_another_snapshot(SnapshotCase one, NonNegativeInt where, char what)
    {
        string text = one.Text;
        Assert.Throws<FormatException>(() => Read(text[..(where.Get % (text.Length - 1))]));
        int at = where.Get % text.Length;
        try
        {
            Read(text[..at] + what + text[(at + 1)..]);
        }
        catch (FormatException e)
        {
            Assert.Contains("snapshot", e.Message, StringComparison.Ordinal);
        }
    }

    [Property]
    public void A_picture_has_a_cell_for_every_page_in_its_order(SnapshotCase one, PositiveInt many)
    {
        HeapMap map = Read(one.Text);
        int pages = (many.Get % 4) + 1;
        HeapMapImage image = HeapMapImage.Of(map, pages);
        int cells = map.Arenas.Sum(arena => (arena.Pages.Count + pages - 1) / pages);
        Assert.Equal(cells, image.Cells.Count(cell => cell != 0));
        Assert.True(HeapMapImage.Of(map, HeapMapImage.PagesFor([map])).Rows <= 400 + (2 * map.Arenas.Count) + 1);
        if (pages == 1)
        {
            byte[] filled = [.. image.Cells.Where(cell => cell != 0)];
            HeapPage[] all = [.. map.Arenas.SelectMany(arena => arena.Pages)];
            Assert.All(filled.Zip(all), pair => Assert.Equal(pair.Second.Use == PageUse.Pinned, pair.First >= 3));
            // Fuller is never a paler colour.
            Assert.All(filled.Zip(all).Where(pair => pair.Second.Use == PageUse.Pinned).OrderBy(pair => pair.Second.Live).ToArray().Pairs(),
                pair => Assert.True(pair.First.First <= pair.Second.First));
        }
        AssertPng(image.ToPng(), image.Rows * HeapMapImage.Cell);
    }

    [Property(MaxTest = 30)]
    public void Files_are_well_formed_whatever_a_snapshot_is_called(SnapshotCase one, NonEmptyString name)
    {
        HeapMap map = Read(one.Text) with { Name = name.Get.Replace("\0", "", StringComparison.Ordinal) + "<&\"'>" };
        if (map.Name.All(System.Xml.XmlConvert.IsXmlChar)) Assert.Equal("svg", XDocument.Parse(HeapMapPage.Svg([map, map])).Root!.Name.LocalName);
        string html = HeapMapPage.Html([map, map]);
        Assert.DoesNotContain("<&", html, StringComparison.Ordinal);
        Assert.Equal(2, html.Split("<figure").Length - 1);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("arena 0x1000 4096\nblock 0 4096\n", "cut")]
    [InlineData("arena 0x1000 4096\nblock 16 4080\nend\n", "line 2")]
    [InlineData("arena 0x1000 4096\nblock 0 8192\nend\n", "line 2")]
    [InlineData("arena 0x1000 4096\nblock 0 16\nend\n", "ends at 16 of 4096")]
    [InlineData("arena 0x1000 4096\nfree 0 4096\ndirty 4096 4096\nend\n", "line 3")]
    [InlineData("arena 0x1000 99999999999999\nend\n", "line 1")]
    [InlineData("block 0 16\nend\n", "line 1")]
    [InlineData("hello\n", "line 1")]
    public void What_is_no_snapshot_is_told_by_its_line(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => Read(text)).Message, StringComparison.Ordinal);

    private HeapMap Read(string text) => SnapshotReader.Read(_directory.Write("snapshot", text));

    private static void AssertPng(byte[] file, int height)
    {
        int at = 8, rows = 0;
        while (at < file.Length)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            Assert.Equal(Crc32.HashToUInt32(file.AsSpan(at + 4, 4 + length)), BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length)));
            if (Encoding.ASCII.GetString(file, at + 4, 4) == "IDAT")
            {
                using var plain = new MemoryStream();
                using var packed = new ZLibStream(new MemoryStream(file, at + 8, length), CompressionMode.Decompress);
                packed.CopyTo(plain);
                rows = (int)plain.Length / ((HeapMapImage.Columns * HeapMapImage.Cell) + 1);
            }
            at += 12 + length;
        }
        Assert.Equal(height, rows);
    }
}

internal static class Sequence
{
    /// <summary>Each with the one behind it.</summary>
    public static IEnumerable<(T First, T Second)> Pairs<T>(this T[] items) => items.Zip(items.Skip(1));
}
