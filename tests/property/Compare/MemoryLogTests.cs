using Defragger.Compare;
using Xunit;

namespace Defragger.Tests.Compare;

/// <summary>The samples of a run as CSV.</summary>
public sealed class MemoryLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Samples_are_read_as_they_were_written()
    {
        MemorySample[] samples = [new(0.5, 100, 1000, 2, 4, 300), new(1.75, 200, 1000, 3, 4, 0)];
        using (MemoryLog log = MemoryLog.Create(_directory["memory.csv"]))
        {
            foreach (MemorySample sample in samples) log.Add(sample);
        }
        Assert.Equal(samples, MemoryLog.Read(_directory["memory.csv"]));
    }

    [Fact]
    public void A_log_from_before_memory_was_set_aside_is_gone_on_with()
    {
        string path = _directory.Write("memory.csv", "seconds,used_bytes,total_bytes,workers,limit\n1.5,100,1000,2,4\n2.5,110,1000,2,");
        using (MemoryLog log = MemoryLog.Resume(path)) log.Add(new MemorySample(1, 120, 1000, 1, 4, 500));
        Assert.Equal([new(1.5, 100, 1000, 2, 4), new(2.5, 120, 1000, 1, 4, 500)], MemoryLog.Read(path));
    }
}
