using System.Buffers;

namespace Defragger.Comparers;

/// <summary>Where two files first differ: the first question about every case, whatever its format.</summary>
/// <remarks>
/// Bytes are compared, not hashes: the same input and output, no collision, and it ends at the first difference.
/// Memory: two buffers of <see cref="ByteWindow.DefaultSize"/>. Cost: reading both, plus one vectorised pass.
/// </remarks>
internal static class ByteComparison
{
    /// <summary>The offset of the first byte that differs (or that only one file has), or -1.</summary>
    public static long FirstDifference(SourceFile baseline, SourceFile candidate)
    {
        using ByteWindow left = new(baseline);
        using ByteWindow right = new(candidate);
        while (true)
        {
            bool leftHas = !left.Unread.IsEmpty || left.Refill();
            bool rightHas = !right.Unread.IsEmpty || right.Refill();
            if (!leftHas || !rightHas)
                return leftHas == rightHas ? -1 : left.Position;
            int length = Math.Min(left.Unread.Length, right.Unread.Length);
            int same = left.Unread[..length].CommonPrefixLength(right.Unread[..length]);
            left.Consume(same);
            right.Consume(same);
            if (same < length)
                return left.Position;
        }
    }

    /// <summary>The first bytes of a file, for choosing a format.</summary>
    public static ComparisonFormat Sniff(SourceFile file)
    {
        byte[] start = ArrayPool<byte>.Shared.Rent(FormatCatalog.SniffLength);
        try
        {
            return FormatCatalog.Sniff(start.AsSpan(0, file.Read(start.AsSpan(0, FormatCatalog.SniffLength), 0)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(start);
        }
    }
}
