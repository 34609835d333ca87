using System.Text;
using Defragger.Measure;
using Xunit;

namespace Defragger.Tests.Measure;

/// <summary>Trees in a made-up /proc.</summary>
public sealed class ProcessTreeTests : IDisposable
{
    private readonly TemporaryDirectory _proc = new();

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void A_process_and_all_below_it_are_measured_and_nobody_else()
    {
        Process(100, parent: 1, pages: 10);
        Process(50, parent: 100, pages: 20); // a child may have the smaller number
        Process(101, parent: 50, pages: 40);
        Process(102, parent: 1, pages: 80);
        Process(103, parent: 102, pages: 160);
        _proc.Write("meminfo", "no process");
        using ProcessTree tree = Tree();
        Assert.True(tree.Look());
        Assert.Equal(3, tree.Count);
        Assert.Equal(70 * Environment.SystemPageSize, tree.Read().Resident);
    }

    [Fact]
    public void Measuring_may_begin_with_grandchildren()
    {
        Process(100, parent: 1, pages: 10);
        Process(101, parent: 100, pages: 20);
        Process(102, parent: 101, pages: 40);
        Process(103, parent: 102, pages: 80);
        using ProcessTree tree = Tree(depth: 2);
        Assert.True(tree.Look());
        Assert.Equal(120 * Environment.SystemPageSize, tree.Read().Resident);
    }

    [Fact]
    public void Who_belongs_stays_when_its_parent_ends_and_another_takes_it_over()
    {
        Process(100, parent: 1, pages: 10);
        Process(101, parent: 100, pages: 20);
        Process(102, parent: 101, pages: 40);
        using ProcessTree tree = Tree();
        Assert.True(tree.Look());
        End(101);
        Process(102, parent: 1, pages: 40);
        Process(103, parent: 102, pages: 80); // what it starts belongs too
        Assert.True(tree.Look());
        Assert.Equal(3, tree.Count);
        Assert.Equal(130 * Environment.SystemPageSize, tree.Read().Resident);
    }

    [Fact]
    public void A_number_that_is_given_to_another_process_is_looked_at_again()
    {
        Process(100, parent: 1, pages: 10);
        Process(101, parent: 100, pages: 20);
        using ProcessTree tree = Tree();
        tree.Look();
        End(101);
        tree.Look();
        Process(101, parent: 1, pages: 400);
        tree.Look();
        Assert.Equal(1, tree.Count);
    }

    [Theory]
    [InlineData('Z')]
    [InlineData('-')]
    public void The_tree_ends_with_its_root(char state)
    {
        Process(100, parent: 1, pages: 10);
        using ProcessTree tree = Tree();
        Assert.True(tree.Look());
        if (state == '-') End(100);
        else Process(100, parent: 1, pages: 0, state);
        Assert.False(tree.Look());
    }

    [Fact]
    public void A_tree_without_a_root_has_nothing()
    {
        using ProcessTree tree = Tree();
        Assert.False(tree.Look());
        Assert.Equal(0, tree.Count);
        Assert.Equal(default, tree.Read());
    }

    [Theory]
    [InlineData("7 (a) S 3 7 7 0", 3, false)]
    [InlineData("7 (a) S) R 9 (x) S 12 7 7 0", 12, false)]
    [InlineData("7 (\n) Z 3 7", 3, true)]
    public void A_stat_file_is_read_whatever_the_name_is(string text, int parent, bool ended) =>
        Assert.Equal(new ProcessStat(parent, ended), ProcessStat.Parse(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("")]
    [InlineData("7 (a")]
    [InlineData("7 (a) ")]
    [InlineData("7 (a) S")]
    [InlineData("7 (a) S x")]
    public void What_is_no_stat_file_is_none(string text) => Assert.Null(ProcessStat.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Resident_memory_is_counted_in_pages()
    {
        Assert.Equal(new ResidentMemory(20 * 4096, 15 * 4096), MeasuredProcess.Parse("100 20 5 1 0 30 0\n"u8, 4096));
        Assert.Null(MeasuredProcess.Parse("100 x 5"u8, 4096));
        Assert.Null(MeasuredProcess.Parse(""u8, 4096));
    }

    [Fact]
    public void Time_waited_for_memory_is_read()
    {
        Assert.Equal(TimeSpan.FromMicroseconds(8735), SystemGauge.StallOf("some avg10=0.00 avg60=0.00 avg300=0.00 total=8735\nfull avg10=0.00 total=715\n"u8));
        Assert.Null(SystemGauge.StallOf("full total=1"u8));
        Assert.Null(SystemGauge.StallOf(""u8));
    }

    private ProcessTree Tree(int depth = 0) => new(100, depth, _proc.Path);

    private void Process(int id, int parent, int pages, char state = 'S')
    {
        _proc.Write($"{id}/stat", $"{id} (name) {state} {parent} {id} {id} 0 -1");
        _proc.Write($"{id}/statm", $"{pages * 2} {pages} 0 1 0 {pages} 0\n");
    }

    private void End(int id) => Directory.Delete(_proc[id.ToString()], recursive: true);
}
