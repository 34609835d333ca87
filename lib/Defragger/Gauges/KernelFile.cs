using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Defragger.Gauges;

/// <summary>A small text file of the kernel's, kept open and read again from its start (pread): a third of the cost of
/// opening it each time.</summary>
internal sealed class KernelFile : IDisposable
{
    private const int Usual = 8 * 1024;

    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer;

    /// <param name="path">The file.</param>
    /// <param name="most">Bytes that are read of it.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public KernelFile(string path, int most = Usual) => (_handle, _buffer) = (File.OpenHandle(path), new byte[most]);

    /// <summary>Opens the file when it is there and readable; null otherwise.</summary>
    public static KernelFile? TryOpen(string path, int most = Usual)
    {
        try
        {
            return File.Exists(path) ? new KernelFile(path, most) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The file's text now, up to what is read of it; valid until the next read.</summary>
    public ReadOnlySpan<byte> Read()
    {
        int length = 0;
        while (length < _buffer.Length)
        {
            int count = RandomAccess.Read(_handle, _buffer.AsSpan(length), length);
            if (count == 0) break;
            length += count;
        }
        return _buffer.AsSpan(0, length);
    }

    /// <summary>The number the file begins with; null for "max" and anything else that is no number.</summary>
    public long? ReadNumber() => Number(Read());

    /// <summary>The number behind a key at the start of a line ("MemTotal:   123 kB", "inactive_file 456").</summary>
    public static long? Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            if (line.StartsWith(key) && line.Length > key.Length && line[key.Length] is (byte)' ' or (byte)':')
                return Number(line[(key.Length + 1)..].TrimStart((byte)' '));
            text = end < 0 ? [] : text[(end + 1)..];
        }
        return null;
    }

    public void Dispose() => _handle.Dispose();

    // A v1 limit that is not set reads 9223372036854771712; a few kernels print ulong.MaxValue, which is no long: null.
    private static long? Number(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long value, out _) ? value : null;
}
