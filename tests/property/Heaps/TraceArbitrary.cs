using Defragger.Traces;
using FsCheck;
using FsCheck.Fluent;

namespace Defragger.Tests.Heaps;

/// <summary>Random traces for the heaps. Each draws its own mix of operations, sizes and arena ("swarm testing": Groce et
/// al., 2012), for a fault often needs a mix that the average of all mixes never has.</summary>
public static class TraceArbitrary
{
    // Of sizes: around granule, exact classes, inexact ones, pages, chunks, and the whole arena.
    private static readonly Func<long, Gen<long>>[] s_sizes =
    [
        _ => Gen.Elements<long>(16, 32), // few sizes: many holes are alike
        _ => Gen.Elements<long>(16, 80, 112),
        _ => Within(0, 64),
        _ => Within(0, 640),
        _ => Gen.Choose(1, 45).Select(granules => granules * 16L),
        _ => Within(600, 1100),
        _ => Within(600, 9000),
        _ => Gen.Elements<long>(16, 32, 48, 640, 656, 4080, 4096, 4112, 8176, 8192, 8208, 16384),
        capacity => Gen.Choose(1, 100).Select(percent => capacity * percent / 100),
        capacity => Gen.Elements(capacity, capacity - 16, capacity + 1, capacity / 2, Operation.LargestSize),
    ];

    // Of slots in a row: mostly a few, at times more than there are.
    private static readonly Gen<int> s_count = Gen.Frequency((3, Gen.Choose(1, 6)), (1, Gen.Choose(1, 40)));

    // Of the victim and of a block's first part: a little, about a chunk, more than that.
    private static readonly Gen<long> s_part = Gen.OneOf(
        Within(0, 200), Within(200, 9000), Gen.Choose(0, 20).Select(granules => 8192L - (granules * 16)),
        Gen.Elements<long>(4096, 8192, 16384, Operation.LargestSize));

    /// <summary>Traces with the shrinker of this project.</summary>
    public static Arbitrary<Trace> Traces() => Arb.From(Any, TraceShrinker.Candidates);

    private static Gen<Trace> Any { get; } =
        from granules in Gen.Frequency(
            (1, Gen.Choose(1, 64)), (3, Gen.Choose(64, 1024)), (3, Gen.Choose(1024, 3000)), (1, Gen.Choose(1, 6).Select(chunks => chunks * 512)))
        from growth in Gen.Frequency((1, Gen.Constant(0L)), (2, Gen.Elements<long>(1, 4096, 8192, 20000)))
        from slots in Gen.Elements(2, 5, 12, 40, 120)
        from weights in Gen.Choose(0, 8).ArrayOf(9)
        from sizes in Gen.Elements(s_sizes).ArrayOf(2)
        let size = Gen.OneOf(sizes.Select(make => make(granules * 16L)))
        from length in Gen.Choose(10, 300)
        from operations in OneOperation(weights, slots, size).ArrayOf(length)
        select new Trace(granules * 16L, operations, growth: growth);

    private static Gen<long> Within(int least, int most) => Gen.Choose(least, most).Select(size => (long)size);

    private static Gen<Operation> OneOperation(int[] weights, int slots, Gen<long> size)
    {
        Gen<int> slot = Gen.Choose(0, slots - 1);
        // Allocation is never absent, or there would be nothing to see.
        return Gen.Frequency(
            (4 + weights[0], Sized((at, bytes) => Operation.Allocate(at, bytes))),
            (1 + weights[1], slot.Select(Operation.Release)),
            (weights[2], Sized(Operation.Resize)),
            (weights[3] / 2, Sized(Operation.AllocateZeroed)),
            (weights[4] / 2, from power in Gen.Choose(0, 14) from at in slot from bytes in size select Operation.Allocate(at, bytes, 1L << power)),
            (weights[6] / 3, from count in s_count from batch in Sized((at, bytes) => Operation.AllocateMany(at, bytes, count)) select batch),
            (weights[6] / 3, from count in s_count from at in slot select Operation.ReleaseMany(at, count)),
            (weights[7] / 3, from at in slot from most in s_part select Operation.AllocateVictim(at, most)),
            (weights[7] / 2, from at in slot from other in slot from first in s_part select Operation.Split(at, other, first)),
            (weights[5] / 4, Gen.Elements<long>(1, 2, 5, 1000).Select(Operation.Purge)),
            (weights[5] / 4, Gen.Choose(0, 3).Select(times => Operation.Refuse(times))),
            (weights[8] / 3, Gen.Choose(0, 12).Select(page => Operation.Hold(page))),
            (weights[8] / 4, Gen.Choose(0, 12).Select(page => Operation.Restore(page))),
            (weights[8] / 6, Gen.Choose(2, 16).Select(members => Operation.Merge(members))));

        Gen<Operation> Sized(Func<int, long, Operation> make) => from at in slot from bytes in size select make(at, bytes);
    }
}
