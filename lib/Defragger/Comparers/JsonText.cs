using System.Buffers;
using System.Text.Json;

namespace Defragger.Comparers;

/// <summary>The text of a JSON string in a buffer of its own, for hashes of what is changed before it is hashed.</summary>
internal static class JsonText
{
    /// <summary>A hash of a text, which it may change in place.</summary>
    public delegate UInt128 Hasher(Span<byte> text);

    /// <summary>The hash of the string that the reader stands on; as written if it is no text (half a surrogate pair).</summary>
    public static UInt128 Hash(ref Utf8JsonReader reader, Hasher hasher)
    {
        byte[] text = ArrayPool<byte>.Shared.Rent(Math.Max(1, reader.ValueSpan.Length));
        try
        {
            return hasher(text.AsSpan(0, reader.CopyString(text)));
        }
        catch (InvalidOperationException)
        {
            return JsonHash.Of(reader.ValueSpan, JsonHash.Kind.RawText);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }
}
