using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Defragger.Reports;

/// <summary>Writes a picture with a palette as PNG (RFC 2083): one byte a pixel.</summary>
internal static class Png
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The file's bytes.</summary>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="pixels">Numbers of colours, row by row; a multiple of the width.</param>
    /// <param name="palette">At most 256 colours, 0xRRGGBB.</param>
    public static byte[] Encode(int width, ReadOnlySpan<byte> pixels, ReadOnlySpan<int> palette)
    {
        int height = pixels.Length / width;
        using var file = new MemoryStream();
        file.Write(Signature);

        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8; // bits
        header[9] = 3; // numbers of a palette
        Chunk(file, "IHDR"u8, header);

        byte[] colours = new byte[palette.Length * 3];
        for (int i = 0; i < palette.Length; i++)
            (colours[3 * i], colours[(3 * i) + 1], colours[(3 * i) + 2]) = ((byte)(palette[i] >> 16), (byte)(palette[i] >> 8), (byte)palette[i]);
        Chunk(file, "PLTE"u8, colours);

        using var data = new MemoryStream();
        using (var packed = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int row = 0; row < height; row++)
            {
                packed.WriteByte(0); // no filter
                packed.Write(pixels.Slice(row * width, width));
            }
        }
        Chunk(file, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(kind);
        file.Write(data);
        var sum = new Crc32();
        sum.Append(kind);
        sum.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, sum.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}
