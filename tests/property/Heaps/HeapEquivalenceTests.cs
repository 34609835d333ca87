using System.Globalization;
using Defragger.Traces;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Defragger.Tests.Heaps;

/// <summary>The heap in C#, the heap in C and the model answer alike, operation by operation.</summary>
public class HeapEquivalenceTests
{
    /// <summary>Traces of one run; some 80 operations of each take effect. DEFRAG_TRACES asks for another number.</summary>
    private static int Traces => int.TryParse(
        Environment.GetEnvironmentVariable("DEFRAG_TRACES"), NumberStyles.None, CultureInfo.InvariantCulture, out int traces) ? traces : 14_000;

    [Fact]
    public void Random_traces_have_the_same_effect_on_all_heaps()
    {
        var cases = new HeapCases();
        Prop.ForAll(TraceArbitrary.Traces(), trace => AssertSame(trace, cases))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Traces));
        Notes.Add($"heaps: {cases.Operations:N0} operations compared in C#, C and a model, 0 differences; of them\n{cases}");
        Assert.Empty(cases.Missing);
        Assert.True(cases.Operations >= 72L * Traces, $"{cases.Operations} operations are fewer than were meant.");
    }

    [Fact]
    public void Every_commit_may_be_the_one_that_is_refused()
    {
        // The trace commits anew now and then; a run for each place at which that may fail, once and twice.
        Operation[] operations = [.. Enumerable.Range(0, 40).SelectMany(i => new[]
        {
            Operation.Allocate(i, 200 + (i * 977 % 9000)), Operation.Resize(i / 2, i * 300), Operation.Allocate(100 + i, 24, 256),
            Operation.Release(i * 7 % 40),
        })];
        for (int at = 0; at < operations.Length; at++)
        {
            foreach (int times in new[] { 1, 2 })
            {
                Operation[] refused = [.. operations[..at], Operation.Refuse(times), .. operations[at..]];
                AssertSame(new Trace(256 * 1024, refused, growth: 4096), null);
            }
        }
    }

    [Theory]
    [MemberData(nameof(KnownTraces))]
    public void Traces_of_old_faults_have_the_same_effect_on_all_heaps(string name) => AssertSame(TraceFile.Read(Path.Combine(Folder, name)), null);

    public static TheoryData<string> KnownTraces() => [.. Directory.EnumerateFiles(Folder, "*.trace").Select(path => Path.GetFileName(path))];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Heaps", "Traces");

    internal static void AssertSame(Trace trace, HeapCases? cases)
    {
        // Native code may end the process: then this file is the trace that did it, for test/replay.
        string path = Path.Combine(AppContext.BaseDirectory, $"in-native-code-{Environment.CurrentManagedThreadId}.trace");
        File.WriteAllText(path, trace.ToString());
        string? difference = TracePlayer.Play(trace, cases, HeapSubject.Model, HeapSubject.Managed, HeapSubject.Native);
        if (difference != null) Assert.Fail($"{difference}\n{trace}");
        File.Delete(path);
    }
}
