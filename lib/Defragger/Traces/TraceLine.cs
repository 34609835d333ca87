using System.Globalization;

namespace Defragger.Traces;

/// <summary>An operation as a line of text: a letter and its numbers, one space before each.</summary>
/// <remarks>
/// <code>
/// a SLOT SIZE [ALIGNMENT]   allocate; the alignment only where it is not 16
/// z SLOT SIZE               allocate, all zero
/// r SLOT SIZE               resize
/// f SLOT                    release
/// m SLOT SIZE COUNT         allocate many: for the empty ones of COUNT slots from SLOT on
/// d SLOT COUNT              release many: the occupied ones of COUNT slots from SLOT on
/// v SLOT MOST               allocate the victim's front: at most MOST bytes of it
/// s SLOT OTHER SIZE         split: the block's first SIZE bytes stay SLOT's, the others are OTHER's
/// p PAGES                   purge
/// c TIMES                   refuse to commit
/// o PAGE                    hold a page
/// u PAGE                    restore a page
/// g MEMBERS                 merge: plan groups of up to MEMBERS pages, and hold them
/// </code>
/// Numbers are decimal digits without a sign or a leading zero, so that one operation has one text.
/// </remarks>
internal static class TraceLine
{
    private const string Forms = "'a SLOT SIZE [ALIGNMENT]', 'z SLOT SIZE', 'r SLOT SIZE', 'f SLOT', 'm SLOT SIZE COUNT', 'd SLOT COUNT', 'v SLOT MOST', 's SLOT OTHER SIZE', 'p PAGES', 'c TIMES', 'o PAGE', 'u PAGE' or 'g MEMBERS'";

    /// <summary>Writes a sound operation, without the end of the line.</summary>
    public static void Write(TextWriter text, Operation operation)
    {
        (long slot, long size) = (operation.Slot, operation.Size);
        switch (operation.Kind)
        {
            case OperationKind.Allocate:
                WriteWords(text, 'a', slot, size, operation.Alignment == Operation.DefaultAlignment ? -1 : operation.Alignment);
                break;
            case OperationKind.AllocateZeroed: WriteWords(text, 'z', slot, size); break;
            case OperationKind.Resize: WriteWords(text, 'r', slot, size); break;
            case OperationKind.Release: WriteWords(text, 'f', slot); break;
            case OperationKind.AllocateMany: WriteWords(text, 'm', slot, size, operation.Count); break;
            case OperationKind.ReleaseMany: WriteWords(text, 'd', slot, operation.Count); break;
            case OperationKind.AllocateVictim: WriteWords(text, 'v', slot, size); break;
            case OperationKind.Split: WriteWords(text, 's', slot, operation.Other, size); break;
            case OperationKind.Purge: WriteWords(text, 'p', size); break;
            case OperationKind.Refuse: WriteWords(text, 'c', size); break;
            case OperationKind.Hold: WriteWords(text, 'o', size); break;
            case OperationKind.Restore: WriteWords(text, 'u', size); break;
            case OperationKind.Merge: WriteWords(text, 'g', size); break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation.Kind, "No trace has this kind of operation.");
        }
    }

    /// <summary>Reads a line.</summary>
    /// <returns>Null, or what is allowed in place of this line.</returns>
    public static string? Read(ReadOnlySpan<char> line, out Operation operation)
    {
        operation = default;
        Span<Range> words = stackalloc Range[5]; // one more than any form has
        int count = line.Split(words, ' ');
        if (count is < 2 or > 4 || words[0].End.Value != 1) return Forms;

        long first = Number(line[words[1]]);
        long second = count > 2 ? Number(line[words[2]]) : 0;
        long third = count > 3 ? Number(line[words[3]]) : Operation.DefaultAlignment;
        if (first < 0 || second < 0 || third < 0) return $"whole numbers up to {long.MaxValue}, without a sign or a leading zero";

        char letter = line[0];
        if (letter is not ('p' or 'c' or 'o' or 'u' or 'g') && first > int.MaxValue) return $"a slot of 0 to {int.MaxValue}";
        if (letter is 's' && second > int.MaxValue) return $"a slot of 0 to {int.MaxValue}";
        switch (letter, count)
        {
            case ('a', 3 or 4): operation = Operation.Allocate((int)first, second, third); break;
            case ('z', 3): operation = Operation.AllocateZeroed((int)first, second); break;
            case ('r', 3): operation = Operation.Resize((int)first, second); break;
            case ('f', 2): operation = Operation.Release((int)first); break;
            case ('m', 4): operation = Operation.AllocateMany((int)first, second, Count(third)); break;
            case ('d', 3): operation = Operation.ReleaseMany((int)first, Count(second)); break;
            case ('v', 3): operation = Operation.AllocateVictim((int)first, second); break;
            case ('s', 4): operation = Operation.Split((int)first, (int)second, third); break;
            case ('p', 2): operation = Operation.Purge(first); break;
            case ('c', 2): operation = Operation.Refuse(first); break;
            case ('o', 2): operation = Operation.Hold(first); break;
            case ('u', 2): operation = Operation.Restore(first); break;
            case ('g', 2): operation = Operation.Merge(first); break;
            default: return Forms;
        }
        return operation.Fault;
    }

    /// <summary>One that is too large stays so.</summary>
    private static int Count(long number) => (int)Math.Min(number, int.MaxValue);

    /// <summary>The number that these digits are; -1 when they are none.</summary>
    public static long Number(ReadOnlySpan<char> digits) =>
        (digits.Length == 1 || !digits.StartsWith("0"))
        && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : -1;

    private static void WriteWords(TextWriter text, char letter, long first, long second = -1, long third = -1)
    {
        text.Write(letter);
        WriteNumber(text, first);
        if (second >= 0) WriteNumber(text, second);
        if (third >= 0) WriteNumber(text, third);
    }

    // Not TextWriter.Write(long): that makes a string of each number, millions a trace.
    private static void WriteNumber(TextWriter text, long number)
    {
        Span<char> digits = stackalloc char[20];
        digits[0] = ' ';
        number.TryFormat(digits[1..], out int length, default, CultureInfo.InvariantCulture);
        text.Write(digits[..(length + 1)]);
    }
}
