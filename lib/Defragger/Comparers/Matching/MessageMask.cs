using System.Buffers;

namespace Defragger.Comparers.Matching;

/// <summary>A message without what changes by itself: numbers, addresses, GUIDs, hashes and paths.</summary>
/// <remarks>
/// Works on words: runs of ASCII letters, digits, signs that occur in paths, and all bytes beyond ASCII.
///
///     word                                         becomes
///     has / or \ (or is a drive's C:)              a path, with its :line:column
///     8-4-4-4-12 hexadecimal digits                a GUID
///     0x and hexadecimal digits                    an address
///     7 or more hexadecimal digits, letters and digits among them    a hash, as of a commit
///     digits, with signs of numbers among them     a number
///     anything else                                stays: int32 and x86 are names
///
/// Two messages with equal masks may be one message about different things; so passes that use the mask come after
/// those that use the message.
/// </remarks>
internal static class MessageMask
{
    private const byte Path = 1;
    private const byte Guid = 2;
    private const byte Address = 3;
    private const byte Hash = 4;
    private const byte Number = 5;

    private const int ShortestHash = 7; // what git abbreviates a commit to

    private static readonly SearchValues<byte> s_triggers = SearchValues.Create("0123456789/\\"u8);
    private static readonly SearchValues<byte> s_ends = SearchValues.Create(" \t\r\n\"'`()[]{}<>,;=!?|*&^"u8);
    private static readonly SearchValues<byte> s_hex = SearchValues.Create("0123456789abcdefABCDEF"u8);
    private static readonly SearchValues<byte> s_hexLetters = SearchValues.Create("abcdefABCDEF"u8);
    private static readonly SearchValues<byte> s_digits = SearchValues.Create("0123456789"u8);
    private static readonly SearchValues<byte> s_placeSigns = SearchValues.Create("0123456789:"u8);
    private static readonly SearchValues<byte> s_numberSigns = SearchValues.Create("0123456789.:%+-_#~eE"u8);

    /// <summary>Whether there is anything to mask: most messages have no digit and no slash.</summary>
    public static bool Applies(ReadOnlySpan<byte> text) => text.IndexOfAny(s_triggers) >= 0;

    /// <summary>Masks in place; what is left is the start of the span.</summary>
    public static Span<byte> Apply(Span<byte> text)
    {
        int to = 0;
        for (int from = 0; from < text.Length;)
        {
            int length = text[from..].IndexOfAny(s_ends);
            if (length < 0)
                length = text.Length - from;
            Span<byte> word = text.Slice(from, length);
            from += length;
            // A full stop or colon behind a word belongs to the sentence.
            int core = word.TrimEnd(".:"u8).Length;
            byte mask = MaskOf(word[..core]);
            if (mask != 0)
            {
                text[to++] = mask;
                word = word[core..];
            }

            word.CopyTo(text[to..]);
            to += word.Length;
            if (from < text.Length)
                text[to++] = text[from++];
        }

        return text[..to];
    }

    private static byte MaskOf(ReadOnlySpan<byte> word)
    {
        if (word.ContainsAny((byte)'/', (byte)'\\'))
            return Path;
        if (word.IndexOfAny(s_digits) < 0)
            return 0;
        if (IsGuid(word))
            return Guid;
        if (word.Length > 2 && word[0] == '0' && (word[1] | 0x20) == 'x' && !word[2..].ContainsAnyExcept(s_hex))
            return Address;
        bool isHash = word.Length >= ShortestHash && !word.ContainsAnyExcept(s_hex) && word.ContainsAny(s_hexLetters);
        if (isHash)
            return Hash;
        if (!word.ContainsAnyExcept(s_numberSigns) && (word[0] | 0x20) != 'e')
            return Number;
        return HasPlace(word) ? Path : (byte)0;
    }

    /// <summary>file.c:10 and file.c:10:3, which compilers write without a folder.</summary>
    private static bool HasPlace(ReadOnlySpan<byte> word)
    {
        int colon = word.IndexOf((byte)':');
        return colon > 0
            && word[..colon].Contains((byte)'.')
            && word.Length > colon + 1
            && !word[(colon + 1)..].ContainsAnyExcept(s_placeSigns);
    }

    private static bool IsGuid(ReadOnlySpan<byte> word)
    {
        if (word.Length != 36)
            return false;
        for (int i = 0; i < word.Length; i++)
        {
            bool isDash = i is 8 or 13 or 18 or 23;
            if (isDash ? word[i] != '-' : !s_hex.Contains(word[i]))
                return false;
        }

        return true;
    }
}
