using Defragger.Compare;
using Xunit;

namespace Defragger.Tests.Compare;

/// <summary>The file by which a run is told to change.</summary>
public sealed class ControlFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(4, null, 4, "10GB")]
    [InlineData(null, "50%", 8, "50%")]
    [InlineData(1, "24GB", 1, "24GB")]
    [InlineData(null, null, 8, "10GB")]
    public void What_is_not_named_stays_as_it_is(int? workers, string? budget, int limit, string within)
    {
        ControlFile.Write(_directory["control.json"], new RunChange(workers, budget));
        RunChange change = new ControlFile(_directory["control.json"]).Changed()!;
        Assert.Equal(new RunChange(workers, budget), change);
        Assert.Equal(new RunLimits(limit, MemorySize.Parse(within)), change.ApplyTo(new RunLimits(8, MemorySize.Parse("10GB"))));
        Assert.Single(Directory.GetFiles(_directory.Path)); // nothing is left of writing beside
    }

    [Fact]
    public void A_change_is_told_once_and_again_when_the_file_is_another()
    {
        var control = new ControlFile(_directory["control.json"]);
        Assert.Null(control.Changed());
        ControlFile.Write(control.Path, new RunChange(2, null));
        Assert.Equal(2, control.Changed()!.ThrottleLimit);
        Assert.Null(control.Changed());
        ControlFile.Write(control.Path, new RunChange(16, null));
        Assert.Equal(16, control.Changed()!.ThrottleLimit);
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("null", "null")]
    [InlineData("{\"throttleLimit\":\"four\"}", "throttleLimit")]
    [InlineData("{\"throttlelimit\":4}", "throttlelimit")]
    [InlineData("{\"throttleLimit\":4", "")]
    [InlineData("[1]", "")]
    public void A_file_that_makes_no_sense_is_told_once(string text, string told)
    {
        var control = new ControlFile(_directory.Write("control.json", text));
        Assert.Contains(told, Assert.Throws<FormatException>(control.Changed).Message, StringComparison.Ordinal);
        Assert.Null(control.Changed());
    }

    [Fact]
    public void A_huge_file_is_not_read()
    {
        var control = new ControlFile(_directory.Write("control.json", new string(' ', 100_000)));
        Assert.Contains("100000 bytes", Assert.Throws<FormatException>(control.Changed).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(-1, null)]
    [InlineData(5000, null)]
    [InlineData(null, "plenty")]
    [InlineData(null, "0GB")]
    [InlineData(null, "120%")]
    public void Values_that_make_no_sense_change_nothing(int? workers, string? budget) =>
        Assert.Throws<FormatException>(() => new RunChange(workers, budget).ApplyTo(new RunLimits(8, null)));
}
