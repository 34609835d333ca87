using System.Globalization;

namespace Defragger.Bench.Merge;

/// <summary>What was asked for on the command line.</summary>
internal sealed record Options
{
    public const string Usage = """
        usage: ./defrag bench merge [OPTION...]

          --rounds N           five if not given
          --python PATH        the Python to run, /usr/bin/python3 if not given
          --peer NAME=PATH     one malloc more, a library of this machine that is preloaded, such as Mesh; as often as there are some
          --quick              one round of two small cases, to see that all of it runs
          --output FOLDER      where merging.md and its plot go; without it, only a whole run writes them, to docs/benchmarks

        """;

    public int Rounds { get; private init; } = 5;
    public string Python { get; private init; } = "/usr/bin/python3";

    /// <summary>Libraries by the names that tables have for them.</summary>
    public IReadOnlyList<(string Name, string Library)> Peers { get; private init; } = [];

    public bool Quick { get; private init; }
    public string? Output { get; private init; }

    /// <summary>Cases of the worker, and records on each side of a case.</summary>
    public int Cases => Quick ? 2 : 6;

    public int Records => Quick ? 20000 : 60000;

    /// <summary>Null if a word is wrong.</summary>
    public static Options? Parse(string[] words)
    {
        Options? options = new();
        for (int i = 0; i < words.Length && options != null; i++)
        {
            string word = words[i];
            if (word == "--quick")
            {
                options = options with { Quick = true, Rounds = 1 };
                continue;
            }
            string? value = i + 1 < words.Length ? words[++i] : null;
            options = value == null ? null : word switch
            {
                "--rounds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) && rounds > 0
                    => options with { Rounds = rounds },
                "--python" when File.Exists(value) => options with { Python = value },
                "--peer" when Peer(value) is { } peer && options.Peers.All(one => one.Name != peer.Name)
                    => options with { Peers = [.. options.Peers, peer] },
                "--output" => options with { Output = value },
                _ => null,
            };
        }
        return options;
    }

    private static (string Name, string Library)? Peer(string value)
    {
        int at = value.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && File.Exists(value[(at + 1)..]) ? (value[..at], Path.GetFullPath(value[(at + 1)..])) : null;
    }
}
