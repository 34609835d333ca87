using System.IO.Compression;
using System.Text;
using Defragger.Files;

namespace Defragger.Traces;

/// <summary>Traces on disk, as text or, where the name ends in '.gz', as text in gzip.</summary>
public static class TraceFile
{
    private const int BufferSize = 64 * 1024;

    // Bytes that are no UTF-8 are an error, not question marks; a byte order mark is content, and so no trace.
    private static readonly UTF8Encoding s_encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Begins to read a trace: story and capacity at once, the operations as they are asked for.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="FormatException">It does not begin as a trace.</exception>
    public static TraceReader Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream file = File.OpenRead(path);
        Stream content = IsCompressed(path) ? new WholeGZipStream(file) : file;
        return new TraceReader(new StreamReader(content, s_encoding, detectEncodingFromByteOrderMarks: false, BufferSize));
    }

    /// <summary>Reads a whole trace.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is called '.gz' and is not gzip, or not whole.</exception>
    /// <exception cref="FormatException">It is no trace.</exception>
    public static Trace Read(string path)
    {
        using TraceReader reader = Open(path);
        return Trace.Read(reader);
    }

    /// <summary>Writes a trace. The file is written beside and renamed, so it is never half there.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Trace trace)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(trace);
        AtomicFile.Write(path, file =>
        {
            using var text = new StreamWriter(
                IsCompressed(path) ? new GZipStream(file, CompressionLevel.SmallestSize) : file, s_encoding, BufferSize);
            trace.WriteTo(text);
        });
    }

    private static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.Ordinal);
}
