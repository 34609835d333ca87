using System.Globalization;
using Defragger.Traces;
using Xunit;

namespace Defragger.Tests.Heaps;

/// <summary>Small traces without chance: each one there is.</summary>
public class ShortTraceTests
{
    /// <summary>Operations of a trace. DEFRAG_LONGEST asks for another number.</summary>
    private static int Longest => int.TryParse(
        Environment.GetEnvironmentVariable("DEFRAG_LONGEST"), NumberStyles.None, CultureInfo.InvariantCulture, out int longest) ? longest : 5;

    [Theory]
    [InlineData(16 * 48, 0, 16, 32, 48, 200)] // a handful of granules: every way to fill and to run out
    [InlineData((8192 * 2) + 64, 0, 32, 656, 8192, 8208)] // across the end of a chunk, with a partial one behind
    [InlineData(8192 * 3, 4096, 640, 656, 4096, 12288)] // short and long, growing
    public void All_short_traces_have_the_same_effect_on_all_heaps(long capacity, long growth, params int[] sizes)
    {
        int longest = Longest;
        long traces = 0;
        foreach (Operation[] operations in ShortTraces.All(sizes, longest))
        {
            traces++;
            HeapEquivalenceTests.AssertSame(new Trace(capacity, operations, growth: growth), null);
        }
        Notes.Add($"heaps: all {traces:N0} traces of up to {longest} operations over sizes {string.Join(", ", sizes)} compared, 0 differences");
        Assert.True(traces > (longest < 5 ? 100 : 10_000));
    }
}
