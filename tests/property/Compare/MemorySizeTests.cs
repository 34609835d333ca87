using Defragger.Compare;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Compare;

public class MemorySizeTests
{
    [Theory]
    [InlineData("32GB", 32L << 30)]
    [InlineData("32 gb", 32L << 30)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("512MB", 512L << 20)]
    [InlineData("1024", 1024)]
    [InlineData("7B", 7)]
    [InlineData("2T", 2L << 40)]
    public void An_amount_is_read_in_powers_of_1024(string text, long bytes) => Assert.Equal(bytes, MemorySize.Parse(text).In(1));

    [Fact]
    public void A_share_is_of_what_there_is() => Assert.Equal(90, MemorySize.Parse("90 %").In(100));

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-1GB")]
    [InlineData("0GB")]
    [InlineData("0%")]
    [InlineData("101%")]
    [InlineData("0.1B")]
    [InlineData("nine GB")]
    [InlineData("9XB")]
    [InlineData("1e3GB")]
    [InlineData("99999999TB")]
    public void What_is_no_amount_is_refused_with_its_text(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => MemorySize.Parse(text)).Message, StringComparison.Ordinal);

    [Property]
    public bool A_count_of_bytes_is_read_as_it_is_written(PositiveInt bytes) =>
        MemorySize.Parse(bytes.Get.ToString(System.Globalization.CultureInfo.InvariantCulture)).Bytes == bytes.Get;

    [Property]
    public bool The_formatted_text_is_near_the_amount(PositiveInt mebibytes)
    {
        long bytes = (long)mebibytes.Get << 20;
        return Math.Abs(MemorySize.Parse(MemorySize.Format(bytes)).Bytes - bytes) <= bytes / 100;
    }

    [Theory]
    [InlineData("32GB", "0")]
    [InlineData("32GB", "-1")]
    [InlineData("32GB", "1.5")]
    [InlineData("32GB", "")]
    [InlineData("much", "1")]
    public void A_tier_that_makes_no_sense_is_refused(string level, string workers) =>
        Assert.Throws<FormatException>(() => MemoryTier.Create(level, workers));

    [Fact]
    public void A_tier_that_allows_more_than_a_lower_one_is_a_fault() =>
        Assert.NotNull(MemoryTier.Fault([MemoryTier.Create("8GB", "2"), MemoryTier.Create("16GB", "4")]));
}
