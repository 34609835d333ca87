using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Defragger.History;

/// <summary>Whose peaks: the same case needs other memory under another comparer, or on another kind of machine.</summary>
/// <param name="Comparer">The comparer with its version or its arguments, in one line.</param>
/// <param name="Platform">System and processor, such as linux-x64.</param>
internal readonly record struct HistoryKey(string Comparer, string Platform)
{
    private const int LongestComparer = 400;

    /// <summary>The platform that this process runs on.</summary>
    public static string ThisPlatform { get; } =
        $"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    /// <summary>The key of a comparer on this machine.</summary>
    /// <param name="identity">The comparer's identity. A command line may have megabytes: of a long one the
    /// beginning and a hash stand for the whole.</param>
    public static HistoryKey Of(string identity)
    {
        string plain = new([.. identity.Select(letter => char.IsControl(letter) ? ' ' : letter)]);
        if (plain.Length > LongestComparer)
            plain = $"{plain[..LongestComparer]}... {XxHash128.HashToUInt128(MemoryMarshal.AsBytes(identity.AsSpan())):x32}";
        return new(plain, ThisPlatform);
    }
}
