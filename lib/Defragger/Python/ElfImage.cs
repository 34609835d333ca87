using System.Buffers.Binary;
using System.Text;

namespace Defragger.Python;

/// <summary>What an executable or a library tells the dynamic linker: whether it is position-independent, and the names
/// that it gives to others. Little-endian ELF of 64 bits, as x64 and arm64 have it.</summary>
/// <remarks>System V ABI, chapters 4 and 5. Read by hand so that a machine without binutils can check a Python; the file is
/// read as a whole (tens of megabytes at most), every offset in it is doubted.</remarks>
internal sealed class ElfImage
{
    private const int HeaderSize = 64, SectionSize = 64, SymbolSize = 24;
    private const int LargestFile = 1 << 30;
    private const ushort Dynamic = 3; // ET_DYN
    private const uint DynamicSymbols = 11; // SHT_DYNSYM
    private const ushort Undefined = 0; // SHN_UNDEF

    private ElfImage(bool isPositionIndependent, IReadOnlySet<string> exports) =>
        (IsPositionIndependent, Exports) = (isPositionIndependent, exports);

    /// <summary>It can be loaded anywhere: a library, or a PIE.</summary>
    public bool IsPositionIndependent { get; }

    /// <summary>Names that it defines for others, without versions.</summary>
    public IReadOnlySet<string> Exports { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no such image.</exception>
    public static ElfImage Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > LargestFile) throw new InvalidDataException("It is larger than 1 GB.");
            return Parse(File.ReadAllBytes(path));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{path}' is no executable or library that can be read: {e.Message}", e);
        }
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <exception cref="InvalidDataException">They are no such image.</exception>
    public static ElfImage Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderSize || !file.StartsWith("\x7f"u8) || !file[1..].StartsWith("ELF"u8))
            throw new InvalidDataException("It is not ELF.");
        if (file[4] != 2 || file[5] != 1) throw new InvalidDataException("It is not ELF of 64 bits, little-endian.");
        ulong sections = BinaryPrimitives.ReadUInt64LittleEndian(file[0x28..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[0x3C..]);
        if (count > 0 && BinaryPrimitives.ReadUInt16LittleEndian(file[0x3A..]) != SectionSize)
            throw new InvalidDataException("Its sections have another size.");
        ReadOnlySpan<byte> table = Slice(file, sections, (ulong)count * SectionSize);
        HashSet<string> exports = [];
        for (int section = 0; section < count; section++)
        {
            ReadOnlySpan<byte> header = table.Slice(section * SectionSize, SectionSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != DynamicSymbols) continue;
            uint strings = BinaryPrimitives.ReadUInt32LittleEndian(header[0x28..]);
            if (strings >= count) throw new InvalidDataException("Its symbols have no names.");
            AddExports(exports, Content(file, header), Content(file, table.Slice((int)strings * SectionSize, SectionSize)));
        }
        return new ElfImage(BinaryPrimitives.ReadUInt16LittleEndian(file[0x10..]) == Dynamic, exports);
    }

    private static void AddExports(HashSet<string> exports, ReadOnlySpan<byte> symbols, ReadOnlySpan<byte> names)
    {
        for (; symbols.Length >= SymbolSize; symbols = symbols[SymbolSize..])
        {
            bool isLocal = symbols[4] >> 4 == 0; // STB_LOCAL
            if (isLocal || BinaryPrimitives.ReadUInt16LittleEndian(symbols[6..]) == Undefined) continue;
            uint at = BinaryPrimitives.ReadUInt32LittleEndian(symbols);
            if (at >= names.Length) throw new InvalidDataException("A symbol's name lies outside.");
            ReadOnlySpan<byte> name = names[(int)at..];
            int end = name.IndexOf((byte)0);
            exports.Add(Encoding.UTF8.GetString(end < 0 ? name : name[..end]));
        }
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> file, ReadOnlySpan<byte> header) => Slice(file,
        BinaryPrimitives.ReadUInt64LittleEndian(header[0x18..]), BinaryPrimitives.ReadUInt64LittleEndian(header[0x20..]));

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> file, ulong offset, ulong length) =>
        offset <= (ulong)file.Length && length <= (ulong)file.Length - offset
            ? file.Slice((int)offset, (int)length)
            : throw new InvalidDataException("A part of it lies outside.");
}
