using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Defragger.Preload;

/// <summary>Whether the dynamic linker will put a library in front of a program.</summary>
/// <remarks>Only the start of the file is read: the header and the program headers (System V ABI, chapter 5).</remarks>
public static class ProgramImage
{
    private const int HeaderSize = 64, ProgramHeaderSize = 56, MostHeaders = 512;
    private const uint Interpreter = 3; // PT_INTERP

    /// <summary>Why the program may not be started: it has the set-user-ID or set-group-ID bit, and LD_PRELOAD means nothing to
    /// a program that runs with another's rights. Null when it has neither.</summary>
    /// <param name="path">The program.</param>
    /// <exception cref="IOException">There is no such file.</exception>
    public static string? Refusal(string path) => OperatingSystem.IsWindows() ? null : Refusal(File.GetUnixFileMode(path));

    internal static string? Refusal(UnixFileMode mode)
    {
        string? bit = mode.HasFlag(UnixFileMode.SetUser) ? "set-user-ID" : mode.HasFlag(UnixFileMode.SetGroup) ? "set-group-ID" : null;
        return bit == null ? null
            : $"it has the {bit} bit, and the dynamic linker ignores LD_PRELOAD in programs that run with another's rights";
    }

    /// <summary>Why the program will run without the library; null when it will not, or when that cannot be told (a script runs
    /// in its interpreter).</summary>
    /// <param name="path">The program.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? Obstacle(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] header = new byte[HeaderSize];
        return file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize ? null : Obstacle(header, file);
    }

    private static string? Obstacle(ReadOnlySpan<byte> header, FileStream file)
    {
        if (!header.StartsWith("\x7f"u8) || !header[1..].StartsWith("ELF"u8)) return null;
        const byte Bits64 = 2, LittleEndian = 1;
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        if (header[4] != Bits64 || header[5] != LittleEndian || machine != Machine())
            return "it is made for another processor than the library, or for one of 32 bits";

        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]), count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        if (size != ProgramHeaderSize || count > MostHeaders || offset > long.MaxValue) return null; // the kernel will say what it is
        byte[] headers = new byte[size * count];
        file.Position = (long)offset;
        if (file.ReadAtLeast(headers, headers.Length, throwOnEndOfStream: false) < headers.Length) return null;
        for (int i = 0; i < count; i++)
            if (BinaryPrimitives.ReadUInt32LittleEndian(headers.AsSpan(i * size)) == Interpreter) return null;
        return "it is linked statically, without the dynamic linker that would load the library";
    }

    // e_machine of what this process, and so the library beside it, is made for.
    private static ushort Machine() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 62, // EM_X86_64
        Architecture.Arm64 => 183, // EM_AARCH64
        _ => 0,
    };
}
