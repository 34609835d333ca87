using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Defragger.Engines;

/// <summary>Requests to <c>defrag-launch --serve</c>, as bytes; the format is told in <c>launcher/frame.h</c>.</summary>
internal static class LauncherFrame
{
    /// <summary>The longest payload that the launcher takes; FRAME_PAYLOAD_MAX there.</summary>
    public const int MaxPayload = 4 * 1024 * 1024;

    private const int Header = sizeof(uint);
    private const int CancelPayload = sizeof(byte) + sizeof(ulong);
    private const int RunNumbers = CancelPayload + (5 * sizeof(uint)) + sizeof(ulong);
    private const byte Run = 1;
    private const byte Cancel = 2;
    private const byte Measure = 3;

    /// <summary>Throws when a value of the spec means nothing to any launcher.</summary>
    public static void Validate(ProcessSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Timeout is { } timeout)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(spec.Timeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.GracePeriod, TimeSpan.Zero, nameof(spec.GracePeriod));
        if (spec.MemoryLimit is { } limit)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit, nameof(spec.MemoryLimit));
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.OomScoreAdjust, -1000, nameof(spec.OomScoreAdjust));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(spec.OomScoreAdjust, 1000, nameof(spec.OomScoreAdjust));
        ArgumentOutOfRangeException.ThrowIfNegative(spec.CaptureLimit, nameof(spec.CaptureLimit));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            spec.CaptureLimit, ProcessSpec.MaxCaptureLimit, nameof(spec.CaptureLimit));
        ThrowIfCut(spec.Program, nameof(spec.Program));
        ThrowIfCut(spec.WorkingDirectory ?? "", nameof(spec.WorkingDirectory));
        foreach (string argument in spec.Arguments)
            ThrowIfCut(argument, nameof(spec.Arguments));
    }

    /// <summary>Appends a request to run; false, with nothing written, when it is longer than a frame may be.</summary>
    public static bool TryWriteRun(ArrayBufferWriter<byte> buffer, long id, ProcessSpec spec)
    {
        long payload = RunNumbers + StringLength(spec.WorkingDirectory ?? "") + StringLength(spec.Program);
        foreach (string argument in spec.Arguments)
            payload += StringLength(argument);
        if (payload > MaxPayload)
            return false;

        var cursor = new Cursor(buffer.GetSpan(Header + (int)payload));
        cursor.UInt32((uint)payload);
        cursor.Byte(Run);
        cursor.UInt64(unchecked((ulong)id));
        cursor.UInt32(spec.Timeout is { } timeout ? Math.Max(1, Milliseconds(timeout)) : 0);
        cursor.UInt32(Milliseconds(spec.GracePeriod));
        cursor.UInt64((ulong)(spec.MemoryLimit ?? 0));
        cursor.UInt32(unchecked((uint)spec.OomScoreAdjust));
        cursor.UInt32((uint)spec.CaptureLimit);
        cursor.UInt32((uint)spec.Arguments.Count + 1);
        cursor.String(spec.WorkingDirectory ?? "");
        cursor.String(spec.Program);
        foreach (string argument in spec.Arguments)
            cursor.String(argument);
        buffer.Advance(Header + (int)payload);
        return true;
    }

    /// <summary>Appends a request to cancel.</summary>
    public static void WriteCancel(ArrayBufferWriter<byte> buffer, long id) => WriteShort(buffer, Cancel, id);

    /// <summary>Appends the question what all running cases hold.</summary>
    public static void WriteMeasure(ArrayBufferWriter<byte> buffer, long id) => WriteShort(buffer, Measure, id);

    private static void WriteShort(ArrayBufferWriter<byte> buffer, byte type, long id)
    {
        var cursor = new Cursor(buffer.GetSpan(Header + CancelPayload));
        cursor.UInt32(CancelPayload);
        cursor.Byte(type);
        cursor.UInt64(unchecked((ulong)id));
        buffer.Advance(Header + CancelPayload);
    }

    private static long StringLength(string text) => Encoding.UTF8.GetByteCount(text) + 1L;

    // Beyond 49 days a limit is as good as the largest one.
    private static uint Milliseconds(TimeSpan time) =>
        (uint)Math.Min(uint.MaxValue, Math.Ceiling(time.TotalMilliseconds));

    /// <summary>The kernel ends strings at NUL; what follows one would be lost without a word.</summary>
    private static void ThrowIfCut(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text, name);
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException($"A program, its arguments and its directory hold no NUL: '{text}'.", name);
    }

    /// <summary>Writes little-endian values one after the other into a span that is long enough.</summary>
    private ref struct Cursor(Span<byte> span)
    {
        private Span<byte> _left = span;

        public void Byte(byte value)
        {
            _left[0] = value;
            _left = _left[1..];
        }

        public void UInt32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_left, value);
            _left = _left[sizeof(uint)..];
        }

        public void UInt64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_left, value);
            _left = _left[sizeof(ulong)..];
        }

        public void String(string text)
        {
            int length = Encoding.UTF8.GetBytes(text, _left);
            _left[length] = 0;
            _left = _left[(length + 1)..];
        }
    }
}
