using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Defragger.Bench.Core;

/// <summary>The part of <c>./defrag bench core</c> that is C#: one line a benchmark, for core.sh to lay out.</summary>
/// <remarks>
/// <code>
/// core   METHOD  LIVE  PATTERN  ns a pair  bytes allocated a pair
/// owner  METHOD  ns a rent  bytes allocated a rent
/// </code>
/// Everything runs in this process: the usual way makes a project for each benchmark and restores it. Short, so that the 24
/// of them take a minute. The time is the clock's, so that what else runs on the machine is in it: the figure is the fastest
/// of seven iterations, which has the least of that, each of some hundred thousand operations (and their collections).
/// </remarks>
internal static class Program
{
    private static int Main(string[] words)
    {
        if (words.Length != 1)
        {
            Console.Error.WriteLine("usage: Defragger.Bench.Core FOLDER    (what the benchmarks leave goes there)");
            return 2;
        }
        Job job = Job.Default
            .WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(2), logOutput: false))
            .WithWarmupCount(2)
            .WithIterationCount(7)
            .WithIterationTime(TimeInterval.FromMilliseconds(100));
        var log = new AccumulationLogger();
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(log)
            .WithOptions(ConfigOptions.DisableLogFile)
            .WithArtifactsPath(words[0]);
        bool isWhole = Print(BenchmarkRunner.Run<CoreBenchmarks>(config)) & Print(BenchmarkRunner.Run<OwnerBenchmarks>(config));
        if (!isWhole) Console.Error.WriteLine(log.GetLog());
        return isWhole ? 0 : 1;
    }

    private static bool Print(Summary summary)
    {
        foreach (BenchmarkReport report in summary.Reports.Where(one => one.Success))
        {
            BenchmarkCase which = report.BenchmarkCase;
            string name = which.Descriptor.WorkloadMethod.Name;
            string kind = which.HasParameters
                ? $"core\t{name}\t{which.Parameters["Live"]}\t{which.Parameters["Pattern"]}"
                : $"owner\t{name}";
            double bytes = report.GcStats.GetBytesAllocatedPerOperation(which) ?? 0;
            double ns = report.ResultStatistics!.Min;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}\t{ns:f1}\t{bytes:f0}"));
        }
        bool isAll = summary.Reports.Length > 0 && summary.Reports.All(report => report.Success);
        return isAll && !summary.HasCriticalValidationErrors;
    }
}
