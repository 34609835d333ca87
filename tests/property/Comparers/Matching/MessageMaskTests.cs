using System.Text;
using Defragger.Comparers.Matching;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers.Matching;

public sealed class MessageMaskTests
{
    [Theory]
    [InlineData("index 12 of 4", "index 7 of 10")]
    [InlineData("value -1.5e-9 at 50%", "value 2 at 7%")]
    [InlineData("leak of 0xDEADBEEF", "leak of 0x10")]
    [InlineData("see src/a.c:10:3.", "see /usr/x/b.h.")]
    [InlineData("declared at file.c:10", "declared at other.h:7")]
    [InlineData(@"in C:\x\y.c", @"in D:\z")]
    [InlineData("id 01234567-89ab-cdef-0123-456789abcdef", "id ffffffff-0000-1111-2222-333333333333")]
    [InlineData("commit a1b2c3d", "commit 1234567890abcdef")]
    [InlineData("[10, 20)", "[1, 2)")]
    public void What_changes_by_itself_is_masked(string left, string right) => Assert.Equal(Mask(left), Mask(right));

    [Theory]
    [InlineData("int32 is not int64")]
    [InlineData("Access to field 'children' (loaded from field 'extra')")]
    [InlineData("x86")]
    [InlineData("deadbeef is a name without a digit")]
    [InlineData("")]
    public void Names_stay(string text) => Assert.Equal(text, Mask(text));

    [Theory]
    [InlineData("index 1", "offset 1")]
    [InlineData("a 1 b", "a b")]
    [InlineData("0x1", "1")]
    [InlineData("a/b", "1")]
    public void Other_words_and_other_kinds_of_values_differ(string left, string right) => Assert.NotEqual(Mask(left), Mask(right));

    [Property(MaxTest = 1000)]
    public void A_mask_never_grows_and_changes_nothing_where_it_does_not_apply(byte[] text)
    {
        byte[] copy = [.. text];
        Span<byte> masked = MessageMask.Apply(copy);
        Assert.True(masked.Length <= text.Length);
        if (!MessageMask.Applies(text))
            Assert.Equal(text, masked.ToArray());
    }

    private static string Mask(string text) => Encoding.UTF8.GetString(MessageMask.Apply(Encoding.UTF8.GetBytes(text)));
}
