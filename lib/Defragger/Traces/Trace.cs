using System.Buffers;
using System.Text;

namespace Defragger.Traces;

/// <summary>What a program asked of its heap, as data: the same steps for any heap, in any language, at any time.</summary>
/// <remarks>
/// <para>Operations name slots, not addresses. These rules hold in every heap that replays a trace:</para>
/// <list type="number">
/// <item>A slot is empty at first and holds at most one block.</item>
/// <item><see cref="OperationKind.Allocate"/> and <see cref="OperationKind.AllocateZeroed"/> into an occupied slot,
/// and <see cref="OperationKind.Resize"/> and <see cref="OperationKind.Release"/> of an empty one, do nothing.</item>
/// <item><see cref="OperationKind.AllocateMany"/> passes over slots that are occupied; the empty ones take the blocks in
/// their order, as many as the heap has. <see cref="OperationKind.ReleaseMany"/> passes over slots that are empty. With
/// none left they do nothing.</item>
/// <item><see cref="OperationKind.AllocateVictim"/> into an occupied slot does nothing, and so does
/// <see cref="OperationKind.Split"/> of an empty slot or into an occupied one.</item>
/// <item><see cref="OperationKind.Refuse"/> is about the memory behind the heap: it replaces what was left of an earlier
/// one. Replays on memory that cannot refuse pass over it.</item>
/// <item>A slot whose allocation the heap refused stays empty; a block whose resize or split was refused stays as it
/// was.</item>
/// </list>
/// <para>So every subsequence of a trace is a trace, and one that shows a fault is made smaller by leaving operations
/// out.</para>
/// <para><see cref="Parse"/> and <see cref="ToString"/> are inverse: the text is the story ('# TEXT' or '#' a line),
/// 'h CAPACITY [GROWTH]' with a growth above 0, and one operation a line.</para>
/// </remarks>
public sealed class Trace
{
    /// <summary>Bytes of a granule, of which an arena has a whole number.</summary>
    public const long GranuleSize = 16;

    private readonly Operation[] _operations;

    /// <summary>Makes a trace.</summary>
    /// <param name="capacity">Bytes of the arena: a multiple of <see cref="GranuleSize"/> above 0.</param>
    /// <param name="operations">The steps.</param>
    /// <param name="story">What it is, for people; lines parted by '\n'.</param>
    /// <param name="growth">Bytes of the arena that are committed at a time: at least 0.</param>
    /// <exception cref="ArgumentException">A value could not be written to a trace's text.</exception>
    public Trace(long capacity, IEnumerable<Operation> operations, string story = "", long growth = 0)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(story);
        if (!IsCapacity(capacity))
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, $"A capacity is a multiple of {GranuleSize} above 0.");
        ArgumentOutOfRangeException.ThrowIfNegative(growth);
        if (FaultOf(story) is string fault) throw new ArgumentException(fault, nameof(story));

        (Capacity, Growth, Story, _operations) = (capacity, growth, story, [.. operations]);
        foreach (Operation operation in _operations)
        {
            if (operation.Fault is string allowed)
                throw new ArgumentException($"{Fields(operation)} is not allowed; a trace takes {allowed}.", nameof(operations));
        }
    }

    /// <summary>Bytes of the arena that the trace is meant for.</summary>
    public long Capacity { get; }

    /// <summary>Bytes of the arena that are committed at a time; 0: all of it at once.</summary>
    public long Growth { get; }

    /// <summary>What the trace is, for people: lines parted by '\n'; empty when there is nothing to tell.</summary>
    public string Story { get; }

    /// <summary>The steps.</summary>
    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>Reads a trace's text.</summary>
    /// <exception cref="FormatException">It is none; the message has the line's number, its text and what is allowed.</exception>
    public static Trace Parse(string text)
    {
        using var reader = new TraceReader(new StringReader(text));
        return Read(reader);
    }

    /// <summary>The trace's text.</summary>
    public override string ToString()
    {
        using var text = new StringWriter();
        WriteTo(text);
        return text.ToString();
    }

    internal static bool IsCapacity(long bytes) => bytes > 0 && bytes % GranuleSize == 0;

    /// <summary>Whether a text comes back from UTF-8 as it was; half of a surrogate pair would not.</summary>
    internal static bool IsUnicode(ReadOnlySpan<char> text)
    {
        while (text.Length > 0)
        {
            if (Rune.DecodeFromUtf16(text, out _, out int length) != OperationStatus.Done) return false;
            text = text[length..];
        }
        return true;
    }

    internal static Trace Read(TraceReader reader) => new(reader.Capacity, reader.Operations(), reader.Story, reader.Growth);

    internal void WriteTo(TextWriter text)
    {
        if (Story.Length > 0)
        {
            foreach (string line in Story.Split('\n')) text.Write(line.Length == 0 ? "#\n" : $"# {line}\n");
        }
        text.Write(Growth > 0 ? $"h {Capacity} {Growth}\n" : $"h {Capacity}\n");
        foreach (Operation operation in _operations)
        {
            TraceLine.Write(text, operation);
            text.Write('\n');
        }
    }

    // Numbers, not the operation's own text: an unsound one has none.
    private static string Fields(Operation operation) =>
        $"({(byte)operation.Kind}, slot {operation.Slot}, size {operation.Size}, alignment {operation.Alignment})";

    private static string? FaultOf(string story)
    {
        const int Most = TraceLines.LongestLine - 2; // without the "# " before it
        if (story.Split('\n').Any(line => line.Length > Most)) return $"A story has lines of at most {Most} characters.";
        return IsUnicode(story) ? null : "A story is Unicode text; this one has half of a surrogate pair.";
    }
}
