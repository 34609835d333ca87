using System.Globalization;
using Defragger.Views;

namespace Defragger.Reports;

/// <summary>What the colour of a page with live blocks tells in a heap map.</summary>
public enum HeapColour
{
    /// <summary>How full it is.</summary>
    State,

    /// <summary>How long the blocks are that most of its live bytes belong to.</summary>
    Size,

    /// <summary>How old its live bytes are.</summary>
    Age,
}

/// <summary>The colours of a heap map: a number of the palette for each cell, and their legend.</summary>
/// <remarks>Background is 0, pages given back nearly white, free ones grey, whatever the rest tells. A cell of several pages is
/// live if a quarter of it is; else it is what most of it is.</remarks>
internal sealed class HeapColours
{
    private const byte Background = 0, Purged = 1, Free = 2, FirstShade = 3;
    private const int Shades = 32;

    // Lightness grows all the way, for eyes that tell few colours apart (viridis, from its authors' table).
    private static readonly int[] s_steps =
        [0x440154, 0x482173, 0x433E85, 0x38588C, 0x2D708E, 0x25858E, 0x1E9B8A, 0x2AB07F, 0x52C569, 0x86D549, 0xC2DF23, 0xFDE725];

    private readonly Func<Cell, int> _shade; // from 0; of the palette behind the first three

    private HeapColours(int[] shades, Func<Cell, int> shade, IEnumerable<(string, int)> legend, string meaning)
    {
        Palette = [0xFFFFFF, 0xEEF2F5, 0xB8C2CC, .. shades];
        (_shade, Meaning) = (shade, meaning);
        Legend = [.. legend, ("free", Palette[Free]), ("given back", Palette[Purged])];
    }

    /// <summary>0xRRGGBB, by number.</summary>
    public int[] Palette { get; }

    /// <summary>Colours with their names.</summary>
    public IReadOnlyList<(string Name, int Colour)> Legend { get; }

    /// <summary>What they tell, for people; empty for the state.</summary>
    public string Meaning { get; }

    /// <summary>Blue pages are full, red ones hold little: red is memory that a few blocks hold.</summary>
    public static HeapColours State { get; } = MakeState();

    /// <summary>The same scale for all of the maps, so that they can be compared.</summary>
    public static HeapColours Of(HeapColour colour, IEnumerable<HeapMap> maps) => colour switch
    {
        HeapColour.Size => MakeSize(),
        HeapColour.Age => MakeAge(Math.Max(1, maps.Max(Oldest))),
        _ => State,
    };

    /// <summary>The number of a cell's colour.</summary>
    public byte Choose(HeapArena arena, int from, int to)
    {
        int pinned = 0, free = 0;
        long live = 0;
        double ages = 0;
        Span<long> classes = stackalloc long[HeapMap.SizeClasses + 1];
        for (int i = from; i < to; i++)
        {
            HeapPage page = arena.Pages[i];
            if (page.Use == PageUse.Free) free++;
            if (page.Use != PageUse.Pinned) continue;
            pinned++;
            live += page.Live;
            ages += page.Age * (double)page.Live;
            classes[page.SizeClass] += page.Live;
        }
        int count = to - from;
        if (pinned * 4 < count || pinned == 0) return free * 2 >= count - pinned ? Free : Purged;
        int largest = 0;
        for (int i = 1; i < classes.Length; i++) if (classes[i] > classes[largest]) largest = i;
        var cell = new Cell(live / ((double)pinned * arena.Unit), largest, live == 0 ? 0 : ages / live);
        return (byte)(FirstShade + _shade(cell));
    }

    /// <summary>What a cell has: how full it is (0 to 1), the class of most, the age in operations.</summary>
    private readonly record struct Cell(double Full, int SizeClass, double Age);

    // From red (little lives there) over violet to blue (full), with the same lightness for eyes that tell no red from blue:
    // those see light (little) to dark (full).
    private static HeapColours MakeState()
    {
        int[] shades = [.. Enumerable.Range(0, Shades).Select(i => Between(0xF06A4E, 0x1A4E8A, i / (double)(Shades - 1)))];
        return new(shades, cell => (int)Math.Min(Shades - 1, cell.Full * Shades),
            [("full of live blocks", shades[^1]), ("half", shades[Shades / 2]), ("pinned by little", shades[0])], "");
    }

    private static HeapColours MakeSize()
    {
        var names = Enumerable.Range(0, HeapMap.SizeClasses).Select(i => (long)HeapMap.GranuleSize << i)
            .Select(bytes => bytes < 1024 ? $"{bytes}" : $"{bytes / 1024}K").ToArray();
        names[^1] = "more";
        return new(s_steps, cell => cell.SizeClass - 1, names.Zip(s_steps), "colour: most of what lives is in blocks of up to so many bytes");
    }

    // Linear: what was allocated together has one colour, as long as it lives.
    private static HeapColours MakeAge(double oldest)
    {
        int[] shades = [.. Enumerable.Range(0, Shades).Select(i => Viridis(1 - (i / (double)(Shades - 1))))];
        return new(shades, cell => (int)Math.Round(Math.Clamp(cell.Age / oldest, 0, 1) * (Shades - 1)),
            [("just allocated", shades[0]), (Name(oldest / 2), shades[Shades / 2]), (Name(oldest), shades[^1])],
            "colour: how many operations ago the live blocks were allocated");

        static string Name(double operations)
        {
            (double unit, string name) = operations >= 1e6 ? (1e6, " million") : operations >= 1e3 ? (1e3, " thousand") : (1, "");
            return (operations / unit).ToString(unit < 1e6 ? "0" : "0.#", CultureInfo.InvariantCulture) + name;
        }
    }

    private static double Oldest(HeapMap map) => map.Arenas.SelectMany(arena => arena.Pages).Select(page => (double)page.Age).DefaultIfEmpty(0).Max();

    private static int Viridis(double share)
    {
        double at = share * (s_steps.Length - 1);
        int step = Math.Min((int)at, s_steps.Length - 2);
        return Between(s_steps[step], s_steps[step + 1], at - step);
    }

    private static int Between(int from, int to, double share)
    {
        int Mix(int shift) => (int)Math.Round(((from >> shift) & 0xFF) + ((((to >> shift) & 0xFF) - ((from >> shift) & 0xFF)) * share)) << shift;
        return Mix(16) | Mix(8) | Mix(0);
    }
}
