using Defragger.Cluster;
using Defragger.Cluster.Slurm;
using FsCheck.Xunit;
using Xunit;
using TaskStatus = Defragger.Cluster.TaskStatus;

namespace Defragger.Tests.Cluster;

/// <summary>What is decided before anything is handed in: chunks, memory classes, Slurm's words.</summary>
public sealed class ClusterPlanTests
{
    private const long MB = 1L << 20;

    [Property]
    public void Each_case_is_in_one_chunk_and_no_chunk_is_too_long(int[] milliseconds, int cores)
    {
        double[] seconds = [.. milliseconds.Select(one => Math.Abs((long)one) % 200_000 / 1000.0).OrderDescending()];
        cores = 1 + (int)(Math.Abs((long)cores) % 100);

        int[] chunks = [.. ChunkCut.Cut(seconds, seconds.Sum(), cores)];

        Assert.Equal(seconds.Length, chunks.Sum());
        int from = 0;
        foreach (int count in chunks)
        {
            Assert.InRange(count, 1, ChunkCut.MostCases);
            double sum = seconds[from..(from + count)].Sum();
            Assert.True(count == 1 || sum <= ChunkCut.Longest, $"{count} cases of {sum} s");
            from += count;
        }
    }

    [Fact]
    public void The_last_chunks_are_short_and_the_first_ones_long()
    {
        double[] seconds = [.. Enumerable.Repeat(1.0, 2000)];

        int[] chunks = [.. ChunkCut.Cut(seconds, 2000, 3)];

        Assert.Equal(90, chunks[0]);
        Assert.InRange(chunks[^1], 1, 10);
        Assert.InRange(chunks.Length, 20, 60);
    }

    [Property]
    public void A_class_holds_what_it_is_chosen_for_and_the_one_above_is_larger(int need, int largest)
    {
        long most = MemoryClasses.Overhead + ((1 + (Math.Abs((long)largest) % 500_000)) * MB);
        long bytes = Math.Abs((long)need) * 1000;
        var classes = new MemoryClasses(most);

        int chosen = classes.Of(bytes);

        Assert.InRange(chosen, 0, classes.Top);
        Assert.True(chosen == classes.Top || classes.CaseMemory(chosen) >= bytes);
        Assert.True(chosen == 0 || classes.CaseMemory(chosen - 1) < bytes * 1.11);
        Assert.Equal(most, classes.TaskMemory(classes.Top));
        int above = classes.Above(chosen, bytes, last: false);
        Assert.True(above > chosen || above == classes.Top);
        Assert.Equal(classes.Top, classes.Above(chosen, bytes, last: true));
    }

    [Theory]
    [InlineData("--qos=low", null)]
    [InlineData("--exclude=n7", null)]
    [InlineData("-x", null)]
    [InlineData("--mem=3G", "expected to need")]
    [InlineData("--mem-per-cpu=3G", "expected to need")]
    [InlineData("--array=1-3", "itself")]
    [InlineData("-a1-3", "itself")]
    [InlineData("-pbig", "-SlurmPartition")]
    [InlineData("--wait", "follows")]
    [InlineData("low", "does not begin with '-'")]
    [InlineData("", "does not begin with '-'")]
    [InlineData("--", "does not begin with '-'")]
    public void An_option_that_is_the_runs_own_is_refused(string option, string? fault)
    {
        if (fault == null) Assert.Null(SlurmOptions.Fault(option));
        else Assert.Contains(fault, SlurmOptions.Fault(option), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("12|3|RUNNING|None|n1", TaskPhase.Running, "RUNNING")]
    [InlineData("12|3|COMPLETING|None|n1", TaskPhase.Running, "COMPLETING")]
    [InlineData("12|3|PENDING|Resources|", TaskPhase.Waiting, "PENDING (Resources)")]
    [InlineData("12|3|OUT_OF_MEMORY|OutOfMemory|n1", TaskPhase.OutOfMemory, "OUT_OF_MEMORY")]
    [InlineData("12|3|NODE_FAIL|NodeDown|n2", TaskPhase.Ended, "NODE_FAIL")]
    [InlineData("12|3|A_STATE_OF_TOMORROW|None|n2", TaskPhase.Ended, "A_STATE_OF_TOMORROW")]
    internal void A_line_of_squeue_is_read(string line, TaskPhase phase, string state)
    {
        TaskStatus told = Assert.NotNull(SlurmText.Task(line));
        Assert.Equal(("12", 3, phase, state), (told.Job, told.Task, told.Phase, told.State));
    }

    [Theory]
    [InlineData("")]
    [InlineData("slurm_load_jobs error: Invalid job id specified")]
    [InlineData("12|N/A|RUNNING|None|n1")] // a job that is no array
    public void Other_lines_of_squeue_are_not_of_a_task(string line) => Assert.Null(SlurmText.Task(line));

    [Theory]
    [InlineData("12_3|CANCELLED by 0|None assigned", "CANCELLED", "")]
    [InlineData("12_3|NODE_FAIL|n2", "NODE_FAIL", "n2")]
    public void A_line_of_sacct_is_read(string line, string state, string node)
    {
        TaskStatus told = Assert.NotNull(SlurmText.Accounted(line));
        Assert.Equal(("12", 3, state, node), (told.Job, told.Task, told.State, told.Node));
    }

    [Theory]
    [InlineData("compare*|n1|4|4000|idle", true, true)]
    [InlineData("other|n1|4|4000|mix", false, true)]
    [InlineData("other|n1|4|4000|idle~", false, true)] // asleep, and woken for work
    [InlineData("other|n1|4|4000|down*", false, false)]
    [InlineData("other|n1|4|4000|drain", false, false)]
    [InlineData("other|n1|4|4000|alloc*", false, false)]
    public void A_line_of_sinfo_is_read(string line, bool isDefault, bool up)
    {
        SlurmNode node = Assert.NotNull(SlurmText.Node(line));
        Assert.Equal(("n1", 4, 4000 * MB, isDefault, up), (node.Name, node.Cores, node.Memory, node.IsDefault, node.IsUp));
    }
}
