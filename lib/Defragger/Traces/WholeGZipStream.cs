using System.Buffers.Binary;
using System.IO.Compression;

namespace Defragger.Traces;

/// <summary>Decompresses a file and knows whether it was whole.</summary>
/// <remarks>A <see cref="GZipStream"/> takes the end of a cut file for the end of its content, and a cut trace is
/// another trace. The last four bytes of a gzip file are the length of its content modulo 2^32; they are read first and
/// compared at the end. Files of several members, one after another, are not read: their last length is not the whole.</remarks>
internal sealed class WholeGZipStream(FileStream file) : GZipStream(file, CompressionMode.Decompress)
{
    private readonly uint _length = LastFourBytes(file);
    private uint _count;

    // The overload for spans is not touched: of a derived class, the base calls this one for it.
    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = base.Read(buffer, offset, count);
        _count += (uint)read;
        if (read == 0 && count > 0 && _count != _length)
            throw new InvalidDataException($"'{file.Name}' is cut or damaged: {_count} bytes of content, not {_length}.");
        return read;
    }

    private static uint LastFourBytes(FileStream file)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (file.Length < bytes.Length) return uint.MaxValue; // no gzip file is that short
        file.Position = file.Length - bytes.Length;
        file.ReadExactly(bytes);
        file.Position = 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
