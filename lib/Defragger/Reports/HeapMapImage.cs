using Defragger.Views;

namespace Defragger.Reports;

/// <summary>A heap map as pixels: address by row, a cell for one page or, of a large heap, for several, colour by state.</summary>
/// <remarks>
/// A pinned page is the more blue the fuller it is and the more red the emptier: red is memory that a few blocks hold. Free pages
/// are grey, those given back nearly white. A cell of several pages has the mean of the pinned ones, if a quarter is pinned;
/// else it is what most of it is. Arenas begin in a row of their own, below a line of background.
/// </remarks>
internal sealed class HeapMapImage
{
    /// <summary>Cells of a row.</summary>
    public const int Columns = 160;

    /// <summary>Pixels of a cell, each way.</summary>
    public const int Cell = 5;

    private const int MostRows = 400;
    private const int Shades = 32;
    private const byte Background = 0, Purged = 1, Free = 2, FirstShade = 3;

    private static readonly int[] s_palette = MakePalette();

    private HeapMapImage(byte[] cells, int pagesPerCell) => (Cells, PagesPerCell) = (cells, pagesPerCell);

    /// <summary>Numbers of colours, row by row.</summary>
    public byte[] Cells { get; }

    /// <summary>Pages that a cell stands for.</summary>
    public int PagesPerCell { get; }

    /// <summary>Rows of cells.</summary>
    public int Rows => Cells.Length / Columns;

    /// <summary>Colours of what the picture shows, with their names: for a legend.</summary>
    public static IEnumerable<(string Name, int Colour)> Legend { get; } =
    [
        ("full of live blocks", s_palette[FirstShade + Shades - 1]), ("half", s_palette[FirstShade + (Shades / 2)]),
        ("pinned by little", s_palette[FirstShade]), ("free", s_palette[Free]), ("given back", s_palette[Purged]),
    ];

    /// <summary>Lays a map out.</summary>
    /// <param name="map">The heap.</param>
    /// <param name="pagesPerCell">Pages that a cell stands for; see <see cref="PagesFor"/>.</param>
    public static HeapMapImage Of(HeapMap map, int pagesPerCell)
    {
        var cells = new List<byte>();
        foreach (HeapArena arena in map.Arenas)
        {
            if (cells.Count > 0) cells.AddRange(new byte[Columns]);
            for (int from = 0; from < arena.Pages.Count; from += pagesPerCell)
                cells.Add(Colour(arena.Pages, from, Math.Min(from + pagesPerCell, arena.Pages.Count)));
            cells.AddRange(new byte[(Columns - (cells.Count % Columns)) % Columns]);
        }
        if (cells.Count == 0) cells.AddRange(new byte[Columns]);
        return new([.. cells], pagesPerCell);
    }

    /// <summary>How many pages a cell must stand for so that every one of the maps fits into a picture; the same for all, so that
    /// they can be compared.</summary>
    public static int PagesFor(IEnumerable<HeapMap> maps)
    {
        long most = maps.Max(map => map.Arenas.Sum(arena => (long)arena.Pages.Count));
        return (int)Math.Max(1, (most + ((long)Columns * MostRows) - 1) / ((long)Columns * MostRows));
    }

    /// <summary>The picture as a PNG file.</summary>
    public byte[] ToPng()
    {
        byte[] pixels = new byte[Cells.Length * Cell * Cell];
        for (int row = 0; row < Rows * Cell; row++)
        {
            for (int column = 0; column < Columns; column++)
                pixels.AsSpan((row * Columns * Cell) + (column * Cell), Cell).Fill(Cells[(row / Cell * Columns) + column]);
        }
        return Png.Encode(Columns * Cell, pixels, s_palette);
    }

    private static byte Colour(IReadOnlyList<HeapPage> pages, int from, int to)
    {
        int pinned = 0, free = 0;
        long live = 0;
        for (int i = from; i < to; i++)
        {
            if (pages[i].Use == PageUse.Pinned) (pinned, live) = (pinned + 1, live + pages[i].Live);
            else if (pages[i].Use == PageUse.Free) free++;
        }
        int count = to - from;
        if (pinned * 4 >= count) return (byte)(FirstShade + Math.Min(Shades - 1, live * Shades / ((long)pinned * HeapMap.PageSize)));
        return free * 2 >= count - pinned ? Free : Purged;
    }

    // From red (little lives there) over violet to blue (full), with the same lightness for eyes that tell no red from blue:
    // those see light (little) to dark (full).
    private static int[] MakePalette()
    {
        int[] palette = new int[FirstShade + Shades];
        (palette[Background], palette[Purged], palette[Free]) = (0xFFFFFF, 0xEEF2F5, 0xB8C2CC);
        for (int i = 0; i < Shades; i++)
        {
            double full = i / (double)(Shades - 1);
            palette[FirstShade + i] = (Mix(0xF0, 0x1A, full) << 16) | (Mix(0x6A, 0x4E, full) << 8) | Mix(0x4E, 0x8A, full);
        }
        return palette;
    }

    private static int Mix(int from, int to, double share) => (int)Math.Round(from + ((to - from) * share));
}
