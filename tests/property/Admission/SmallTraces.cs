using Defragger.Admission;
using Defragger.Simulation;
using FsCheck;
using FsCheck.Fluent;

namespace Defragger.Tests.Admission;

/// <summary>A few cases on a small machine: tight memory, histories that are right, wrong or missing, others that come and go.</summary>
public sealed record SmallTrace(int Cores, (int Peak, int Seconds, int Family, int Believed)[] Cases, int Wave)
{
    internal const long Memory = 16L << 30;

    private const long Unit = Memory / 100;

    /// <summary>Peaks are in percent of the memory; a belief of 0 is no history, else it is the known peak in percent.</summary>
    internal SimulatedTrace Make() => new("small", Cores, Memory,
        [.. Cases.Select((one, i) => new SimulatedCase(
            $"f{one.Family}/c{i}", one.Peak * Unit, one.Seconds, 0, 0.5,
            one.Believed == 0 ? null : new PeakRecord($"f{one.Family}/c{i}", one.Believed * Unit, TimeSpan.FromSeconds(one.Seconds))))],
        new ForeignLoad(5 * Unit, Wave * Unit, Wave == 0 ? 0 : 60, 5));

    public override string ToString() => $"{Cores} cores, wave {Wave} %, cases (peak %, s, family, believed %): {string.Join(' ', Cases)}";
}

public static class SmallTraces
{
    public static Arbitrary<SmallTrace> Any()
    {
        Gen<int> peak = Gen.Frequency((6, Gen.Choose(1, 20)), (2, Gen.Choose(20, 60)), (1, Gen.Choose(60, 90)));
        Gen<(int, int, int, int)> one =
            from size in peak
            from seconds in Gen.Frequency((5, Gen.Choose(1, 30)), (1, Gen.Choose(30, 300)))
            from family in Gen.Choose(0, 3)
            from belief in Gen.Frequency((5, Gen.Constant(size)), (2, Gen.Constant(0)), (1, Gen.Choose(1, 95)))
            select (size, seconds, family, belief);
        Gen<SmallTrace> trace =
            from cores in Gen.Choose(1, 8)
            from cases in one.NonEmptyListOf()
            from wave in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(5, 30)))
            select new SmallTrace(cores, [.. cases], wave);
        return trace.ToArbitrary();
    }
}
