using System.Globalization;
using System.Runtime.InteropServices;
using Defragger.Cluster;
using Defragger.Engines;

/// <summary>The program as a task of a cluster: it runs the cases of a chunk, with itself or another program as their comparer.</summary>
internal static class ChunkTask
{
    private const int Done = 0;
    private const int Failed = 2;
    private const int WrongUsage = 3;

    /// <summary>Runs a chunk of the current directory.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="version">This program's version.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string number, string version)
    {
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int task))
            return Fail(WrongUsage, $"--run-chunk needs the number of a chunk, and not '{number}'");
        // Slurm sends SIGTERM before it kills: what has ended by then is kept, and the rest is told as not done.
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        string launcher = Path.Combine(AppContext.BaseDirectory, "defrag-launch");
        try
        {
            ChunkRun.Run(Environment.CurrentDirectory, task, launcher, version, stop.Token);
            return Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or LauncherLostException
            or System.ComponentModel.Win32Exception)
        {
            return Fail(Failed, e.Message);
        }
    }

    private static int Fail(int code, string message)
    {
        Descriptor.TryWrite(Descriptor.Error, $"defrag-comparer: {message.ReplaceLineEndings(" ")}");
        return code;
    }
}
