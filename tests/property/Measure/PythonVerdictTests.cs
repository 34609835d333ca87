using Defragger.Measure.Python;
using Xunit;

namespace Defragger.Tests.Measure;

/// <summary>Verdicts on real programs of a known cause.</summary>
public class PythonVerdictTests
{
    private const string Stock = "/usr/bin/python3";
    private const int Variations = 20;

    /// <summary>Each program as it is, and twenty variations: one program each.</summary>
    public static IEnumerable<TheoryDataRow<string, string, MemoryCause>> Cases() =>
        PythonPrograms.Known.Select(one => Row(one, ""))
            .Concat(Enumerable.Range(1, Variations).Select(seed => Row(PythonPrograms.Known[seed % PythonPrograms.Known.Length], seed.ToString())));

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_cause_is_found_on_the_systems_Python(string program, string seed, MemoryCause cause)
    {
        if (!File.Exists(Stock)) Assert.Skip($"There is no {Stock}.");
        AssertCause(Stock, program, seed, cause);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_cause_is_found_on_a_Python_of_ours(string program, string seed, MemoryCause cause)
    {
        if (PythonPrograms.Ours is not string python)
        {
            Assert.Skip("No Python is linked with our malloc here: lib/Defragger.Native/test/run.sh links one.");
            return;
        }
        AssertCause(python, program, seed, cause);
    }

    private static void AssertCause(string python, string program, string seed, MemoryCause cause)
    {
        PythonMeasurement found = PythonPrograms.Measure(python, $"{program}.py", seed.Length > 0 ? [seed] : []);
        Assert.True(found.Verdict.Figures.Ended, found.Memory.ErrorOutput);
        // What our heap gives back is no longer held: the same program may well have nothing that stands out.
        if (cause == MemoryCause.Fragmentation && found.Verdict.Figures.GivesBack && found.Cause == MemoryCause.None)
            Assert.True(found.Verdict.Figures.Free < found.Verdict.Figures.PeakLive / 2, $"{found.Verdict}");
        else
            Assert.True(cause == found.Cause, $"{found.Verdict}\n{found.Verdict.Figures}");
    }

    private static TheoryDataRow<string, string, MemoryCause> Row((string Name, MemoryCause Cause) program, string seed) =>
        new(program.Name, seed, program.Cause);
}
