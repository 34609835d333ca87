using Defragger.Traces;

namespace Defragger.Tests.Heaps;

/// <summary>Traces that end in a few pages with a few blocks each, many of which are in each other's way, and two merges of
/// them: what a plan is made of, and random traces seldom come to.</summary>
internal static class SparsePages
{
    private const int Blocks = 64; // of 64 bytes, on a page

    internal static Trace Of(Random random)
    {
        int pages = random.Next(3, 13), places = random.GetItems([2, 3, 6, 16, Blocks], 1)[0];
        int most = random.GetItems([1, 2, 3, 12], 1)[0];
        var kept = new SortedSet<int>();
        for (int page = 0; page < pages; page++)
            for (int left = random.Next(1, most + 1); left > 0; left--) kept.Add((page * Blocks) + random.Next(places));
        List<Operation> operations = [Operation.AllocateMany(0, 4096 / Blocks, pages * Blocks)];
        int at = 0;
        foreach (int one in kept.Append(pages * Blocks))
        {
            if (one > at) operations.Add(Operation.ReleaseMany(at, one - at));
            at = one + 1;
        }
        operations.Add(Operation.Merge(random.GetItems([2, 2, 3, 4, 16], 1)[0]));
        for (int times = 0; times < 3; times++) operations.Add(Operation.Restore(random.Next(pages)));
        operations.Add(Operation.Merge(random.GetItems([2, 3, 16], 1)[0]));
        return new Trace(pages * 4096L, operations);
    }
}
