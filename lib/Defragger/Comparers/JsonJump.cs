using System.Numerics;
using System.Runtime.Intrinsics;

namespace Defragger.Comparers;

/// <summary>
/// Finds the bracket that closes a container without parsing what is in it: only quotes and brackets count.
/// </summary>
/// <remarks>
/// Right for valid JSON and for nothing else: "[}" passes. So it serves where another reading checks the same bytes.
///
/// Blocks of 32 bytes: one bit a byte for quotes, brackets that open, brackets that close. The running parity of the
/// quotes (a prefix xor) says which bytes are inside strings; what is left of the brackets is counted. Only a block
/// with a back slash, or in which the depth could come to 0, is walked byte by byte. The idea of finding strings by the
/// parity of quote bits is simdjson's (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019).
///
/// Invariants: _depth counts the containers open around the next byte, from the one that was jumped into;
/// _inString and _escaped describe the byte before it. The file may be cut into pieces anywhere.
/// </remarks>
internal struct JsonJump
{
    private int _depth;
    private bool _inString;
    private bool _escaped;

    /// <summary>The jump begins behind an opening bracket.</summary>
    public JsonJump() => _depth = 1;

    /// <summary>
    /// Goes on through the next piece; true with the place of the closing bracket when it is in there.
    /// </summary>
    public bool TryFindEnd(ReadOnlySpan<byte> piece, out int end)
    {
        for (end = 0; piece.Length - end >= Vector256<byte>.Count; end += Vector256<byte>.Count)
        {
            ReadOnlySpan<byte> block = piece.Slice(end, Vector256<byte>.Count);
            if (TryPass(Vector256.Create(block)))
                continue;
            if (TryWalk(block, out int within))
            {
                end += within;
                return true;
            }
        }

        bool found = TryWalk(piece[end..], out int last);
        end += last;
        return found;
    }

    /// <summary>Counts a whole block at once, if nothing in it needs a closer look.</summary>
    private bool TryPass(Vector256<byte> block)
    {
        if (_escaped || Vector256.EqualsAny(block, Vector256.Create((byte)'\\')))
            return false;
        uint strings = Parity(Bits(block, (byte)'"')) ^ (_inString ? uint.MaxValue : 0);
        // Bit 5 makes [ and ] of { and }, and nothing else.
        Vector256<byte> folded = block | Vector256.Create((byte)0x20);
        int closing = BitOperations.PopCount(Bits(folded, (byte)'}') & ~strings);
        if (closing >= _depth)
            return false;
        _depth += BitOperations.PopCount(Bits(folded, (byte)'{') & ~strings) - closing;
        _inString = (int)strings < 0;
        return true;
    }

    private static uint Bits(Vector256<byte> block, byte value) =>
        Vector256.Equals(block, Vector256.Create(value)).ExtractMostSignificantBits();

    /// <summary>Bit i of the result is the parity of bits 0 to i.</summary>
    private static uint Parity(uint bits)
    {
        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        return bits ^ (bits << 16);
    }

    private bool TryWalk(ReadOnlySpan<byte> bytes, out int end)
    {
        for (end = 0; end < bytes.Length; end++)
        {
            byte found = bytes[end];
            if (_escaped)
                _escaped = false;
            else if (found == '\\')
                _escaped = _inString;
            else if (found == '"')
                _inString = !_inString;
            else if (!_inString && (found | 0x20) == '{')
                _depth++;
            else if (!_inString && (found | 0x20) == '}' && --_depth == 0)
                return true;
        }

        return false;
    }
}
