using System.Text;
using Defragger.Comparers;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Comparers;

[Properties(Arbitrary = [typeof(JsonTree)], MaxTest = 500)]
public sealed class JsonJumpTests
{
    [Property]
    public void A_jump_ends_at_the_bracket_that_closes_the_container(JsonTree[] trees, int style, PositiveInt cut)
    {
        string inner = new JsonTree.List(trees).Write(style);
        byte[] bytes = Encoding.UTF8.GetBytes(inner[1..] + ",\"tail ]} \\\" \",[]]");
        int expected = Encoding.UTF8.GetByteCount(inner) - 2;
        Assert.Equal(expected, End(bytes, bytes.Length));
        Assert.Equal(expected, End(bytes, 1 + (cut.Get % 100)));
    }

    [Theory]
    [InlineData("", -1)]
    [InlineData("]", 0)]
    [InlineData("\"]\"]", 3)]
    [InlineData("\"\\\"]\"]", 5)]
    [InlineData("\"\\\\\"]", 4)]
    [InlineData("[[{}]],{\"a\":[]}", -1)]
    public void Brackets_in_strings_do_not_count(string text, int end)
    {
        Assert.Equal(end, End(Encoding.UTF8.GetBytes(text), 1000));
        string pad = new(' ', 61);
        Assert.Equal(end < 0 ? -1 : end + 61, End(Encoding.UTF8.GetBytes(pad + text + pad), 1000));
    }

    private static int End(byte[] bytes, int pieceSize)
    {
        JsonJump jump = new();
        for (int start = 0; start < bytes.Length; start += pieceSize)
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(start, Math.Min(pieceSize, bytes.Length - start));
            if (jump.TryFindEnd(piece, out int end))
                return start + end;
            Assert.Equal(piece.Length, end);
        }

        return -1;
    }
}
