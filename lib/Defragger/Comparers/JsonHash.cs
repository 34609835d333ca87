using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Defragger.Comparers;

/// <summary>Hashes of JSON scalars and names by what they mean, not by how they are written.</summary>
/// <remarks>
/// 1. Strings by their unescaped text: "A" is "\u0041". A string that has no text (a lone surrogate) counts as written.
/// 2. Numbers by their exact decimal value: 1, 1.0 and 10e-1 are equal, and so are 0 and -0. Nothing is rounded to a
///    double, as RFC 8785 would: identifiers of 20 digits and times with nanoseconds stay apart, and 1e-400 is not 0.
///    (A number whose exponent passes 10^15 counts as written.)
/// 3. The kind of a value is the seed of its hash, so "1" is not 1 and "null" is not null.
/// </remarks>
internal static class JsonHash
{
    private const int LargestStackText = 512;
    private const int LargestStackNumber = 64;
    private const long LargestExponent = 1_000_000_000_000_000;

    /// <summary>What is hashed; the number is the seed.</summary>
    public enum Kind : long
    {
        Text = 1,
        RawText,
        Name,
        Number,
        RawNumber,
        True,
        False,
        Null,
        Object,
        Array,
        Member,
        Element,
        NamePath,
        IndexPath,
    }

    public static UInt128 Of(ReadOnlySpan<byte> bytes, Kind kind) => XxHash128.HashToUInt128(bytes, (long)kind);

    /// <summary>A hash of two hashes, in this order.</summary>
    public static UInt128 Of(UInt128 first, UInt128 second, Kind kind)
    {
        ReadOnlySpan<UInt128> pair = [first, second];
        return Of(MemoryMarshal.AsBytes(pair), kind);
    }

    /// <summary>The name that the reader stands on.</summary>
    public static UInt128 OfName(ref Utf8JsonReader reader) => OfText(ref reader, Kind.Name);

    /// <summary>The scalar that the reader stands on.</summary>
    public static UInt128 OfScalar(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => OfText(ref reader, Kind.Text),
        JsonTokenType.Number => OfNumber(reader.ValueSpan),
        JsonTokenType.True => Of([], Kind.True),
        JsonTokenType.False => Of([], Kind.False),
        _ => Of([], Kind.Null),
    };

    private static UInt128 OfText(ref Utf8JsonReader reader, Kind kind) =>
        reader.ValueIsEscaped ? OfEscapedText(ref reader, kind) : Of(reader.ValueSpan, kind);

    private static UInt128 OfEscapedText(ref Utf8JsonReader reader, Kind kind)
    {
        int longest = reader.ValueSpan.Length;
        byte[]? rented = longest > LargestStackText ? ArrayPool<byte>.Shared.Rent(longest) : null;
        Span<byte> text = rented ?? stackalloc byte[LargestStackText];
        try
        {
            return Of(text[..reader.CopyString(text)], kind);
        }
        catch (InvalidOperationException)
        {
            return Of(reader.ValueSpan, Kind.RawText);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// Sign, digits without zeros at either end, power of ten: the one way to write a decimal number.
    /// </summary>
    private static UInt128 OfNumber(ReadOnlySpan<byte> text)
    {
        int longest = text.Length + sizeof(long) + 1;
        byte[]? rented = longest > LargestStackNumber ? ArrayPool<byte>.Shared.Rent(longest) : null;
        Span<byte> canonical = rented ?? stackalloc byte[LargestStackNumber];
        UInt128 hash = TryWriteNumber(text, canonical, out int length)
            ? Of(canonical[..length], Kind.Number)
            : Of(text, Kind.RawNumber);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return hash;
    }

    private static bool TryWriteNumber(ReadOnlySpan<byte> text, Span<byte> canonical, out int length)
    {
        length = 0;
        byte sign = text[0];
        ReadOnlySpan<byte> mantissa = sign == '-' ? text[1..] : text;
        ReadOnlySpan<byte> exponent = [];
        int mark = mantissa.IndexOfAny((byte)'e', (byte)'E');
        if (mark >= 0)
        {
            exponent = mantissa[(mark + 1)..];
            mantissa = mantissa[..mark];
        }

        int point = mantissa.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = point < 0 ? mantissa : mantissa[..point];
        ReadOnlySpan<byte> fraction = point < 0 ? [] : mantissa[(point + 1)..];
        whole.CopyTo(canonical);
        fraction.CopyTo(canonical[whole.Length..]);
        ReadOnlySpan<byte> digits = canonical[..(whole.Length + fraction.Length)];
        ReadOnlySpan<byte> significant = digits.Trim((byte)'0');
        if (significant.IsEmpty)
            return true;

        long power = 0;
        bool hasPower = exponent.IsEmpty
            || (Utf8Parser.TryParse(exponent, out power, out int used) && used == exponent.Length);
        if (!hasPower || power is < -LargestExponent or > LargestExponent)
            return false;
        power += digits.Length - digits.TrimEnd((byte)'0').Length - fraction.Length;

        length = significant.Length;
        significant.CopyTo(canonical);
        canonical[length++] = sign == '-' ? sign : (byte)'+';
        BinaryPrimitives.WriteInt64LittleEndian(canonical[length..], power);
        length += sizeof(long);
        return true;
    }
}
