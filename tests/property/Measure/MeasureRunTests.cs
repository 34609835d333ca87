using System.Diagnostics;
using Defragger.Engines;
using Defragger.Measure;
using Defragger.Tests.Engines;
using Xunit;

namespace Defragger.Tests.Measure;

/// <summary>Measurements of real programs. They go on when a sample has seen what it is to see, however long that takes.</summary>
public sealed class MeasureRunTests : IDisposable
{
    private const long Megabyte = 1 << 20;

    // until(name): waits for a file. A test lets a program go on by making it.
    private const string Until = "import os, time\ndef until(name):\n    while not os.path.exists(name): time.sleep(.01)\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_a_program_holds_and_gives_back_is_seen()
    {
        const int Each = 5; // samples, so that what they cost is seen beside the time that passes
        int held = 0, given = 0, shown = 0;
        MemoryMeasurement found = Run(
            sample =>
            {
                shown++;
                if (sample.Resident >= 80 * Megabyte && ++held == Each) Go("give");
                if (held >= Each && sample.Resident < 60 * Megabyte && ++given == Each) Go("end");
            },
            "python3", "-c", Until + "a = bytearray(80 << 20); until('give'); del a; until('end'); print('done')");
        Assert.InRange(found.PeakResident, 80 * Megabyte, 130 * Megabyte);
        Assert.InRange(found.FinalResident, Megabyte, 60 * Megabyte);
        Assert.Equal(shown, found.SampleCount);
        Assert.True(found.LargestProcess >= 80 * Megabyte);
        Assert.Equal(0, found.ExitCode);
        Assert.Equal("done\n", found.Output);
        Assert.InRange(found.MeasuringTime!.Value, TimeSpan.Zero, found.Elapsed * 0.05);
    }

    [Fact]
    public void All_that_a_program_starts_counts_daemons_too()
    {
        const string Hold = Until + "a = bytearray(40 << 20); until('end')";
        bool proportional = false;
        // Two processes that nobody waits for: their parent ends at once, and they are still measured.
        MemoryMeasurement found = Run(
            sample =>
            {
                bool both = sample.Processes >= 3 && sample.Resident >= 80 * Megabyte;
                proportional |= both && sample.Proportional >= 80 * Megabyte;
                // Proportional memory is read once a second, and not everywhere.
                if (both && (proportional || sample.Seconds > 20)) Go("end");
            },
            "sh", "-c", $"(setsid python3 -c \"{Hold}\" &); (setsid python3 -c \"{Hold}\" &); until test -e end; do sleep 0.01; done");
        Assert.InRange(found.PeakResident, 80 * Megabyte, 200 * Megabyte);
        Assert.True(found.PeakProcesses >= 3);
        if (found.PeakProportional is long most) Assert.InRange(most, 80 * Megabyte, found.PeakResident);
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
        using var stop = new CancellationTokenSource();
        MemoryMeasurement found = Run(
            _ =>
            {
                if (File.Exists(_directory["started"])) stop.Cancel();
            },
            stop.Token, "sh", "-c", "echo $$; : >started; exec sleep 1000");
        Assert.True(found.Elapsed < LauncherProgram.Patience, $"{found.Elapsed}");
        Assert.True(found.SampleCount > 0);
        Assert.False(Directory.Exists($"/proc/{int.Parse(found.Output)}"));
    }

    [Fact]
    public void Who_had_stopped_before_it_began_does_not_wait_for_the_program()
    {
        var spec = new ProcessSpec { Program = "sleep", Arguments = ["1000"] };
        MemoryMeasurement found = MeasureRun.Program(spec, LauncherProgram.Location, new MeasureOptions(), new CancellationToken(canceled: true));
        Assert.True(found.Elapsed < LauncherProgram.Patience, $"{found.Elapsed}");
    }

    [Fact]
    public void A_program_that_cannot_be_started_is_an_error() =>
        Assert.Throws<ProgramNotStartedException>(() =>
            MeasureRun.Program(new ProcessSpec { Program = "/etc/passwd" }, LauncherProgram.Location, new MeasureOptions(), default));

    [Fact]
    public void A_process_that_is_there_is_measured_until_it_ends()
    {
        const int Samples = 3;
        int shown = 0;
        // It ends with its input.
        using Process process = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true })!;
        var options = new MeasureOptions
        {
            Show = _ =>
            {
                if (++shown == Samples) process.StandardInput.Close();
            },
        };
        MemoryMeasurement found = MeasureRun.Existing(process.Id, null, options, default);
        Assert.True(found.SampleCount >= Samples);
        Assert.True(found.PeakResident > 0);
        Assert.Null(found.ExitCode);
        process.WaitForExit();
        Assert.Throws<ArgumentException>(() => MeasureRun.Existing(process.Id, null, new MeasureOptions(), default));
    }

    private void Go(string name) => _directory.Write(name, "");

    private MemoryMeasurement Run(Action<TreeSample> show, params string[] command) => Run(show, default, command);

    /// <summary>Measures a program that runs in the test's folder.</summary>
    private MemoryMeasurement Run(Action<TreeSample> show, CancellationToken stop, params string[] command) => MeasureRun.Program(
        new ProcessSpec { Program = command[0], Arguments = command[1..], Timeout = LauncherProgram.Patience, WorkingDirectory = _directory.Path },
        LauncherProgram.Location, new MeasureOptions { Show = show }, stop);
}
