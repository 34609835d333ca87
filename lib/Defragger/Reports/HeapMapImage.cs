using Defragger.Views;

namespace Defragger.Reports;

/// <summary>A heap map as pixels: address by row, a cell for one page or, of a large heap, for several. Arenas begin in a row of
/// their own, below a line of background.</summary>
internal sealed class HeapMapImage
{
    /// <summary>Cells of a row.</summary>
    public const int Columns = 160;

    /// <summary>Pixels of a cell, each way.</summary>
    public const int Cell = 5;

    private const int MostRows = 400;

    private readonly HeapColours _colours;

    private HeapMapImage(byte[] cells, int pagesPerCell, HeapColours colours) => (Cells, PagesPerCell, _colours) = (cells, pagesPerCell, colours);

    /// <summary>Numbers of colours, row by row.</summary>
    public byte[] Cells { get; }

    /// <summary>Pages that a cell stands for.</summary>
    public int PagesPerCell { get; }

    /// <summary>Rows of cells.</summary>
    public int Rows => Cells.Length / Columns;

    /// <summary>Lays a map out.</summary>
    /// <param name="map">The heap.</param>
    /// <param name="pagesPerCell">Pages that a cell stands for; see <see cref="PagesFor"/>.</param>
    /// <param name="colours">What colours tell; null: the state.</param>
    public static HeapMapImage Of(HeapMap map, int pagesPerCell, HeapColours? colours = null)
    {
        var cells = new List<byte>();
        colours ??= HeapColours.State;
        foreach (HeapArena arena in map.Arenas)
        {
            if (cells.Count > 0) cells.AddRange(new byte[Columns]);
            for (int from = 0; from < arena.Pages.Count; from += pagesPerCell)
                cells.Add(colours.Choose(arena, from, Math.Min(from + pagesPerCell, arena.Pages.Count)));
            cells.AddRange(new byte[(Columns - (cells.Count % Columns)) % Columns]);
        }
        if (cells.Count == 0) cells.AddRange(new byte[Columns]);
        return new([.. cells], pagesPerCell, colours);
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
        return Png.Encode(Columns * Cell, pixels, _colours.Palette);
    }
}
