using System.Diagnostics;
using Defragger.Tests.Engines;
using Defragger.Traces;
using Defragger.WhatIf;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using Trace = Defragger.Traces.Trace;

namespace Defragger.Tests.WhatIf;

/// <summary>The program defrag-trace: what is true of every trace under every policy, and that our heap in C# finds the
/// same.</summary>
public class ReplayTests
{
    private static readonly string[] s_others = ["FirstFit", "BestFit", "SizeClasses"];

    private static readonly string s_program = Native("defrag-trace");

    // Few slots and sizes of every kind: what meets, grows, shrinks, moves and is a mapping of its own.
    private static Arbitrary<Operation[]> Operations()
    {
        Gen<long> size = Gen.Frequency(
            (6, Gen.Choose(0, 200).Select(one => (long)one)), (3, Gen.Choose(200, 20_000).Select(one => (long)one)),
            (1, Gen.Choose(20_000, 3_000_000).Select(one => (long)one)));
        Gen<int> slot = Gen.Choose(0, 40);
        Gen<Operation> operation = Gen.Frequency(
            (6, slot.SelectMany(at => size.Select(bytes => Operation.Allocate(at, bytes)))),
            (1, slot.SelectMany(at => size.SelectMany(bytes => Gen.Choose(5, 14).Select(power => Operation.Allocate(at, bytes, 1L << power))))),
            (1, slot.SelectMany(at => size.Select(bytes => Operation.AllocateZeroed(at, bytes)))),
            (3, slot.SelectMany(at => size.Select(bytes => Operation.Resize(at, bytes)))),
            (5, slot.Select(Operation.Release)),
            (1, slot.SelectMany(at => Gen.Choose(0, 3000).SelectMany(bytes => Gen.Choose(1, 30).Select(count => Operation.AllocateMany(at, bytes, count))))),
            (1, slot.SelectMany(at => Gen.Choose(1, 30).Select(count => Operation.ReleaseMany(at, count)))));
        return operation.ListOf().Resize(400).Select(all => all.ToArray()).ToArbitrary();
    }

    [Property(MaxTest = 60)]
    public Property Blocks_never_overlap_and_what_is_held_is_at_least_what_lives() => Prop.ForAll(Operations(), operations =>
    {
        using var directory = new TemporaryDirectory();
        TraceMeasurement found = Measure(directory, operations, out _, "--check");
        foreach (TraceMoment moment in found.Moments)
        {
            foreach ((string policy, long held) in moment.Held)
            {
                if (policy.Contains("Merge", StringComparison.Ordinal)) continue;
                Assert.True(held >= moment.Live, $"{policy} holds {held} for {moment.Live}");
            }
            Assert.True(moment.Held["Defragger"] >= moment.Held["Defragger+Merge2"]);
            Assert.True(moment.Held["Defragger"] <= 2 * moment.Held["Defragger+Merge2"]);
            foreach (string kept in s_others)
                Assert.True(moment.Held[kept] >= moment.Held[kept + "+Purge"]);
        }
        foreach (PolicyOutcome policy in found.Policies)
        {
            if (policy.Policy.Contains("Merge", StringComparison.Ordinal)) continue;
            Assert.True(policy.Peak >= found.PeakLive, $"{policy.Policy}: {policy.Peak} for {found.PeakLive}");
            Assert.True(policy.Peak >= policy.Final);
        }
    });

    [Property(MaxTest = 60)]
    public Property Our_heap_in_CSharp_holds_to_the_byte_what_it_holds_in_C() => Prop.ForAll(Operations(), operations =>
    {
        using var directory = new TemporaryDirectory();
        Measure(directory, operations, out ReplayReport report);
        Assert.Null(ReplayTwin.Compare(new Trace(1 << 20, operations), report, CancellationToken.None));
    });

    [Fact]
    public void A_program_that_asks_for_nothing_is_the_same_in_both()
    {
        using var directory = new TemporaryDirectory();
        Operation[] nothing = [Operation.Release(32)];
        Assert.Equal(0, Measure(directory, nothing, out ReplayReport report).PeakLive);
        Assert.Null(ReplayTwin.Compare(new Trace(1 << 20, nothing), report, CancellationToken.None));
    }

    [Fact]
    public void A_recorded_program_is_the_same_in_both()
    {
        string path = Path.Combine(Root(), "samples", "traces", "gcc-compile.trace.gz");
        ReplayReport report = TraceReplay.Run(s_program, path, CancellationToken.None);
        Assert.Null(ReplayTwin.Compare(TraceFile.Read(path), report, CancellationToken.None));
        TraceMeasurement found = report.Measure(path, null);
        Assert.Equal(906_600, found.Operations);
        Assert.Equal(4_177_576, found.PeakLive);
        Assert.InRange(found.Moments.Count, 64, 128);
    }

    [Fact]
    public void Scattered_survivors_are_worth_purging_and_merging_and_a_program_that_keeps_everything_is_not_worth_a_change()
    {
        using var directory = new TemporaryDirectory();
        const int Many = 200_000, Kept = 97;
        List<Operation> survivors = [];
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < Many; i++) survivors.Add(Operation.Allocate(i, 100));
            for (int i = 0; i < Many; i++) if (i % Kept != round) survivors.Add(Operation.Release(i));
        }
        TraceMeasurement found = Measure(directory, [.. survivors], out _);
        Assert.Equal("Purge", found.Mechanism);
        Assert.StartsWith("Worth it: purge first.", found.Verdict, StringComparison.Ordinal);
        PolicyOutcome ours = found.Policies.Single(one => one.Policy == "Defragger");
        PolicyOutcome merged = found.Policies.Single(one => one.Policy == "Defragger+Merge64");
        Assert.True(merged.Final * 2 < ours.Final, $"{merged.Final} of {ours.Final}");

        found = Measure(directory, [.. Enumerable.Range(0, Many).Select(i => Operation.Allocate(i, 160))], out _);
        Assert.False(found.IsWorthwhile);
        Assert.StartsWith("Do not bother.", found.Verdict, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("h 4096\nq 1\n", "line 2: 'q 1' is not allowed here")]
    [InlineData("nothing", "is neither a recording nor the text of a trace")]
    [InlineData("h 4096\na 0 16\np 3\n", "line 3: 'p' is for tests of the heap")]
    [InlineData("h 4096\na 0 16\no 0\n", "line 3: 'o' is for tests of the heap")]
    [InlineData("h 4096\na 0 9000000000\na 1 20000000000000\na 0 16\n", null)]
    public void What_cannot_be_replayed_is_refused_with_its_line(string text, string? expected)
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("t.trace", text);
        if (expected == null)
            Assert.Equal(2, TraceReplay.Run(s_program, path, CancellationToken.None).Measure(path, null).FinalBlocks);
        else
            Assert.Contains(expected, Assert.Throws<FormatException>(() => TraceReplay.Run(s_program, path, CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_replay_can_be_stopped()
    {
        // It reads its trace from a pipe that nobody closes.
        using var directory = new TemporaryDirectory();
        using (Process make = Process.Start("mkfifo", [directory["endless"]])) make.WaitForExit();
        using var writer = new FileStream(directory["endless"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        writer.Write("h 65536\na 0 16\n"u8);
        using var stop = new CancellationTokenSource();
        var replay = Task.Run(() => TraceReplay.Run(s_program, directory["endless"], stop.Token), TestContext.Current.CancellationToken);
        LauncherProgram.Eventually("The replay runs.", () => LauncherProgram.ProcessesWith(directory["endless"]).Length == 1);
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => replay.GetAwaiter().GetResult());
    }

    private static TraceMeasurement Measure(TemporaryDirectory directory, Operation[] operations, out ReplayReport report, string? option = null)
    {
        string path = directory["t.trace"];
        TraceFile.Write(path, new Trace(1 << 20, operations));
        if (option != null)
        {
            using Process check = Process.Start(new ProcessStartInfo(s_program, [option, path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = check.StandardError.ReadToEndAsync();
            check.StandardOutput.ReadToEnd();
            check.WaitForExit();
            Assert.True(check.ExitCode == 0, errors.Result);
        }
        report = TraceReplay.Run(s_program, path, CancellationToken.None);
        return report.Measure(path, null);
    }

    private static string Native(string name)
    {
        string path = Path.Combine(Root(), "artifacts", "native", name);
        Assert.True(File.Exists(path), $"{path} is not built.");
        return path;
    }

    private static string Root()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Defragger.slnx"))) at = at.Parent;
        return at?.FullName ?? throw new DirectoryNotFoundException($"No Defragger.slnx above {AppContext.BaseDirectory}.");
    }
}
