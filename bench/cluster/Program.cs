// What a run on a cluster costs the machine that it is started on: planning, handing in, taking over. ./defrag bench slurm calls this.
//
//   Defragger.Bench.Cluster CASES NODES CORES [CASES NODES CORES]...
//
// The run is the real one with its real files; the cluster is simulated, with nodes of 64 GB, cases of a second in the middle, and a
// controller that starts 850 tasks a second. Each row is a process of its own, so that the highest memory is the row's; the
// simulated cluster's is in it.

using System.Diagnostics;
using System.Globalization;
using Defragger.Bench;
using Defragger.Bench.Cluster;

if (args is ["--row", _, _, _])
{
    Console.WriteLine(string.Join('\t', ClusterRow.Measure(Number(args[1]), Number(args[2]), Number(args[3]))));
    return 0;
}
if (args.Length == 0 || args.Length % 3 != 0)
{
    Console.Error.WriteLine("usage: Defragger.Bench.Cluster CASES NODES CORES [CASES NODES CORES]...");
    return 2;
}
Console.WriteLine($"{Machine.Describe()}, load {Machine.Load()}\n");
var table = new Table(ClusterRow.Heads);
for (int i = 0; i < args.Length; i += 3)
{
    using Process row = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["--row", .. args[i..(i + 3)]]) { RedirectStandardOutput = true })!;
    string line = row.StandardOutput.ReadToEnd().Trim();
    row.WaitForExit();
    if (row.ExitCode != 0) return row.ExitCode;
    table.Add(line.Split('\t'));
}
Console.Write(table);
return 0;

static int Number(string text) =>
    int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
        ? number : throw new ArgumentException($"'{text}' is no number from 1 up.");
