using System.Buffers;
using System.Security.Cryptography;

namespace Defragger.Files;

/// <summary>Names of the copies that an approval makes beside a file before it takes the file's place.</summary>
/// <remarks>Not to be guessed, so that nobody can put a file or a link there first, and to be known again, so that one
/// left behind by a killed approval is never taken for a case, and is removed by the next approval.</remarks>
internal static class TemporaryName
{
    private const string Prefix = ".defrag-approve-";
    private const int Digits = 32;
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>A new name.</summary>
    public static string Create() => Prefix + Convert.ToHexString(RandomNumberGenerator.GetBytes(Digits / 2)).ToLowerInvariant();

    /// <summary>Whether a file's name is such a one.</summary>
    public static bool Is(ReadOnlySpan<char> name) =>
        name.Length == Prefix.Length + Digits && name.StartsWith(Prefix, StringComparison.Ordinal)
        && !name[Prefix.Length..].ContainsAnyExcept(s_hexadecimal);
}
