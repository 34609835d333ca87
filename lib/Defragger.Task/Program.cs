using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Defragger.Cluster;
using Defragger.Engines;

// A task of a run on a cluster: runs the cases of a chunk in the current directory. What it comes to is in a file beside the chunk;
// it prints only what went wrong.

const int Done = 0;
const int Failed = 2;
const int WrongUsage = 3;

if (args.Length != 1 || !int.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out int task))
{
    Console.Error.WriteLine("Usage: defrag-task N    runs the cases of N.chunk in the current directory; Invoke-DefragCompare -Engine Slurm starts it");
    return WrongUsage;
}

// Slurm sends SIGTERM before it kills: what has ended by then is kept, and the rest is told as not done.
using var stop = new CancellationTokenSource();
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    stop.Cancel();
});
string version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
try
{
    ChunkRun.Run(Environment.CurrentDirectory, task, Path.Combine(AppContext.BaseDirectory, "defrag-launch"), version, stop.Token);
    return Done;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or LauncherLostException
    or System.ComponentModel.Win32Exception)
{
    Console.Error.WriteLine($"defrag-task: {e.Message.ReplaceLineEndings(" ")}");
    return Failed;
}
