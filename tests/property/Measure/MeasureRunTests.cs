using System.Diagnostics;
using Defragger.Engines;
using Defragger.Measure;
using Defragger.Tests.Engines;
using Xunit;

namespace Defragger.Tests.Measure;

/// <summary>Measurements of real programs.</summary>
public class MeasureRunTests
{
    private const long Megabyte = 1 << 20;

    [Fact]
    public void What_a_program_holds_and_gives_back_is_seen()
    {
        MemoryMeasurement found = Run("python3", "-c", "import time; a = bytearray(80 << 20); time.sleep(.7); del a; time.sleep(.7); print('done')");
        Assert.InRange(found.PeakResident, 80 * Megabyte, 130 * Megabyte);
        Assert.InRange(found.FinalResident, Megabyte, 60 * Megabyte);
        Assert.InRange(found.SampleCount, 4, 40);
        Assert.True(found.LargestProcess >= 80 * Megabyte);
        Assert.Equal(0, found.ExitCode);
        Assert.Equal("done\n", found.Output);
        Assert.InRange(found.MeasuringTime!.Value, TimeSpan.Zero, found.Elapsed * 0.05);
    }

    [Fact]
    public void All_that_a_program_starts_counts_daemons_too()
    {
        const string Hold = "import time; a = bytearray(40 << 20); time.sleep(1.5)";
        // Two processes that nobody waits for: their parent ends at once, and they are still measured.
        MemoryMeasurement found = Run("sh", "-c", $"(setsid python3 -c '{Hold}' &); (setsid python3 -c '{Hold}' &); sleep 1.2");
        Assert.InRange(found.PeakResident, 80 * Megabyte, 200 * Megabyte);
        Assert.True(found.PeakProcesses >= 3);
        if (found.PeakProportional is long proportional) Assert.InRange(proportional, 80 * Megabyte, found.PeakResident);
    }

    [Fact]
    public void A_peak_between_two_samples_is_not_lost()
    {
        var options = new MeasureOptions { Interval = TimeSpan.FromSeconds(5) };
        MemoryMeasurement found = MeasureRun.Program(
            new ProcessSpec { Program = "python3", Arguments = ["-c", "import time; time.sleep(.2); bytearray(70 << 20)"] }, LauncherProgram.Location, options, default);
        Assert.True(found.PeakResident >= 70 * Megabyte);
    }

    [Fact]
    public void Who_stops_gets_what_was_found_until_then_and_the_program_has_ended()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var spec = new ProcessSpec { Program = "sh", Arguments = ["-c", "echo $$; exec sleep 1000"] };
        MemoryMeasurement found = MeasureRun.Program(spec, LauncherProgram.Location, new MeasureOptions(), stop.Token);
        Assert.InRange(found.Elapsed, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(10));
        Assert.True(found.SampleCount > 0);
        Assert.False(Directory.Exists($"/proc/{found.Output.Trim()}"));
    }

    [Fact]
    public void Who_had_stopped_before_it_began_does_not_wait_for_the_program()
    {
        var spec = new ProcessSpec { Program = "sleep", Arguments = ["1000"] };
        MemoryMeasurement found = MeasureRun.Program(spec, LauncherProgram.Location, new MeasureOptions(), new CancellationToken(canceled: true));
        Assert.InRange(found.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_program_that_cannot_be_started_is_an_error() =>
        Assert.Throws<ProgramNotStartedException>(() =>
            MeasureRun.Program(new ProcessSpec { Program = "/etc/passwd" }, LauncherProgram.Location, new MeasureOptions(), default));

    [Fact]
    public void A_process_that_is_there_is_measured_until_it_ends()
    {
        using Process process = Process.Start("sleep", "1.2");
        MemoryMeasurement found = MeasureRun.Existing(process.Id, null, new MeasureOptions(), default);
        Assert.InRange(found.Elapsed, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(5));
        Assert.True(found.PeakResident > 0);
        Assert.Null(found.ExitCode);
        process.WaitForExit();
        Assert.Throws<ArgumentException>(() => MeasureRun.Existing(process.Id, null, new MeasureOptions(), default));
    }

    private static MemoryMeasurement Run(string program, params string[] arguments) => MeasureRun.Program(
        new ProcessSpec { Program = program, Arguments = arguments, Timeout = TimeSpan.FromSeconds(30) }, LauncherProgram.Location, new MeasureOptions(), default);
}
