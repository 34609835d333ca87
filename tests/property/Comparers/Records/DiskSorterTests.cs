using Defragger.Comparers.Records;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers.Records;

public sealed class DiskSorterTests
{
    [Property(MaxTest = 300)]
    public void Items_come_out_sorted_however_few_of_them_memory_holds(long[] items, PositiveInt capacity)
    {
        using DiskSorter<long> sorter = new("x", capacity.Get);
        foreach (long item in items)
            sorter.Add(item);
        Assert.Equal(items.Order(), sorter.Sorted());
        Assert.Equal(items.Length > capacity.Get, sorter.Spilled > 0);
    }

    [Fact]
    public void Its_file_has_no_name()
    {
        using DiskSorter<long> sorter = new("x", 1);
        for (long item = 0; item < 10; item++)
            sorter.Add(item);
        Assert.True(sorter.Spilled > 0);
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), "defrag-sort-*"));
    }
}
