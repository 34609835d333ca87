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
}
