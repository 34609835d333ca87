using System.Globalization;
using Defragger.Compare;

namespace Defragger.Measure.Python;

/// <summary>From figures to the cause. Pure.</summary>
/// <remarks>
/// Each cause has bytes that it accounts for. The one with the most is the verdict, if it is worth a person's time: at least
/// <see cref="Least"/>, and at least <see cref="LeastShare"/> of the most that the program held.
/// <list type="bullet">
/// <item>ReferenceCycles: what one collection gave back at most.</item>
/// <item>Native: live blocks that no Python object owns, and mappings outside of the heap.</item>
/// <item>Growth: live bytes that can be reached, only while their floor rises: by a fifth of the most from the second
/// quarter of the run to the last. What is loaded once and kept is no growth.</item>
/// <item>Fragmentation: resident memory at the end in which nothing lives, if it is half of what is held.</item>
/// </list>
/// </remarks>
internal static class PythonDiagnosis
{
    /// <summary>Less than this is no finding, in bytes.</summary>
    public const long Least = 8 << 20;

    /// <summary>A smaller share of the peak is no finding.</summary>
    public const double LeastShare = 0.25;

    private const double RiseShare = 0.2;
    private const double FreeShare = 0.5;

    /// <summary>The cause, and the bytes that it accounts for.</summary>
    public static (MemoryCause Cause, long Bytes) CauseOf(PythonFigures figures)
    {
        (MemoryCause Cause, long Bytes)[] causes =
        [
            (MemoryCause.ReferenceCycles, figures.Cycles),
            (MemoryCause.Native, figures.Native),
            (MemoryCause.Growth, GrowthOf(figures)),
            (MemoryCause.Fragmentation, figures.Free >= figures.Held * FreeShare ? Math.Min(figures.Free, figures.Held) : 0),
        ];
        (MemoryCause Cause, long Bytes) most = causes.MaxBy(cause => cause.Bytes);
        return most.Bytes >= Least && most.Bytes >= figures.Peak * LeastShare ? most : (MemoryCause.None, 0);
    }

    /// <summary>The verdict in words.</summary>
    /// <param name="figures">The figures.</param>
    /// <param name="types">Types to look at, by cause.</param>
    /// <param name="sites">Lines to look at.</param>
    /// <param name="largest">The largest object, in words; null when none is known.</param>
    public static PythonVerdict Of(
        PythonFigures figures, Func<MemoryCause, IReadOnlyList<TypeAmount>> types, IReadOnlyList<string> sites, string? largest = null)
    {
        (MemoryCause cause, long bytes) = CauseOf(figures);
        long whole = cause == MemoryCause.Fragmentation ? figures.Held : figures.Peak;
        double share = whole > 0 ? Math.Min(1, (double)bytes / whole) : 0;
        IReadOnlyList<TypeAmount> shown = types(cause);
        return new(cause, bytes, share, Summary(cause, bytes, share, figures), Advice(cause, figures, shown, sites, largest), shown,
            cause is MemoryCause.Growth or MemoryCause.Native ? sites : [], figures);
    }

    // What is built and dropped, waits for the collector or belongs to C is no growth of Python's.
    private static long GrowthOf(PythonFigures figures) =>
        figures.Rise >= figures.PeakLive * RiseShare ? Math.Max(0, figures.PeakLive - figures.Native - figures.Cycles) : 0;

    private static string Summary(MemoryCause cause, long bytes, double share, PythonFigures figures) => cause switch
    {
        MemoryCause.ReferenceCycles =>
            $"A collection gave back {Size(bytes)}, {Percent(share)} of the {Size(figures.Peak)} that the program held at most: "
            + (figures.CycleObjects > 0 ? $"{Number(figures.CycleObjects)} objects in cycles that nothing refers to any more." : "objects in cycles that had been dropped long before."),
        MemoryCause.Native =>
            $"{Size(bytes)}, {Percent(share)} of the {Size(figures.Peak)} at most, belong to no Python object: all that Python can reach takes {Size(figures.Reachable)}.",
        MemoryCause.Growth =>
            $"Live memory grew to {Size(figures.PeakLive)} and was still growing: its floor rose by {Size(figures.Rise)} from the second quarter of the run to the last. "
            + "It can all be reached; no collection gives it back.",
        MemoryCause.Fragmentation =>
            $"{Percent(share)} of the {Size(figures.Held)} held at the end is free memory in pages pinned by {Number(figures.Objects)} objects that live: {Size(figures.Reachable)}.",
        _ when !figures.Known => $"This Python's allocator does not tell what is live. The program held {Size(figures.Peak)} at most and {Size(figures.Held)} at the end.",
        _ when !figures.Ended => $"The program did not come to its end, and its live memory did not keep growing; it held {Size(figures.Peak)} at most.",
        _ => $"It held {Size(figures.Peak)} at most and {Size(figures.Held)} at the end, of which {Size(figures.Reachable)} live; nothing stands out.",
    };

    private static string Advice(
        MemoryCause cause, PythonFigures figures, IReadOnlyList<TypeAmount> types, IReadOnlyList<string> sites, string? largest) => cause switch
    {
        MemoryCause.ReferenceCycles =>
            $"Break the cycles{Among(types)} with weakref or by clearing a reference when done; until then gc.collect() where they are dropped, and no gc.disable().",
        MemoryCause.Native =>
            $"Look for a library that allocates and does not free{At(sites)}; a recording by libdefragger (DEFRAGGER_RECORD) has every call.",
        MemoryCause.Growth =>
            $"Look at what keeps {(types.Count > 0 ? types[0].Type : "the objects")}{At(sites)}{(largest == null ? "" : $" (the largest object is a {largest})")}: bound the cache, or drop what is done.",
        MemoryCause.Fragmentation when figures.GivesBack =>
            "This Python gives free pages back already. Build what stays apart from what goes, or do each piece of work in a short-lived process (Invoke-DefragCompare).",
        MemoryCause.Fragmentation =>
            $"Run it on a Python from Build-DefragPython, which gives free pages back: what lives lies on pages of {Size(Math.Min(figures.Pinned, figures.Held))} even where this allocator put it. "
            + "Or do each piece of work in a short-lived process (Invoke-DefragCompare).",
        _ when !figures.Ended => "Let the program end by itself: what only the end tells is missing.",
        _ => "Nothing to do.",
    };

    private static string Among(IReadOnlyList<TypeAmount> types) => types.Count > 0 ? $" of {types[0].Type}" : "";

    private static string At(IReadOnlyList<string> sites) => sites.Count > 0 ? $", near {sites[0]}" : "";

    private static string Size(long bytes) => MemorySize.Format(bytes);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} %");

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
