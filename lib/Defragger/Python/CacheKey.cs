using System.Security.Cryptography;
using System.Text;

namespace Defragger.Python;

/// <summary>What a stock Python that was built is known by: everything that its bytes depend on. The allocator is not among it:
/// another one costs a link and no build.</summary>
/// <param name="Text">All of it, a line each.</param>
internal sealed record CacheKey(string Text)
{
    // How an entry is laid out; another number makes all entries of before foreign.
    private const int Format = 1;
    private const int NameDigits = 24;

    /// <summary>Variables of the environment that configure and make listen to.</summary>
    public static IReadOnlyList<string> Variables { get; } =
    [
        "CC", "CFLAGS", "CFLAGS_NODIST", "CPP", "CPPFLAGS", "CXX", "EXTRA_CFLAGS", "LDFLAGS", "LDFLAGS_NODIST", "LIBS", "OPT",
        "AR", "ARFLAGS", "PKG_CONFIG", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_PATH", "PROFILE_TASK",
    ];

    /// <summary>The key.</summary>
    /// <param name="sourceSha256">Of the source.</param>
    /// <param name="configure">The words for configure, without the place.</param>
    /// <param name="place">The folder of the cache: what is built is configured for a place in it.</param>
    /// <param name="environment">A variable's value; null when it is not set.</param>
    /// <param name="compiler">What the compiler says of itself.</param>
    /// <param name="architecture">Of the machine.</param>
    public static CacheKey Of(
        string sourceSha256, IReadOnlyList<string> configure, string place, Func<string, string?> environment, string compiler,
        string architecture)
    {
        IEnumerable<string> lines =
        [
            $"format {Format}",
            $"source {sourceSha256}",
            $"architecture {architecture}",
            $"compiler {ShellWords.Join([compiler])}",
            $"configure {ShellWords.Join(configure)}",
            $"place {ShellWords.Join([place])}",
            .. Variables.Select(name => (Name: name, Value: environment(name))).Where(one => !string.IsNullOrEmpty(one.Value))
                .Select(one => $"{one.Name} {ShellWords.Join([one.Value!])}"),
        ];
        return new CacheKey(string.Join('\n', lines) + "\n");
    }

    /// <summary>Its name: 24 hexadecimal digits. The text is kept beside, and compared.</summary>
    public string Name => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))[..NameDigits].ToLowerInvariant();
}
