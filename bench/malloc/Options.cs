using System.Diagnostics.CodeAnalysis;

namespace Defragger.Bench.Malloc;

/// <summary>What was asked for on the command line.</summary>
internal sealed record Options
{
    public const string Usage = """
        usage: ./defrag bench malloc [OPTION...]

          --rounds N               of speed, 5 if not given; memory takes one, for it repeats to a few per cent
          --only PART              micro, python or memory
          --allocators NAME,...    some of: glibc, jemalloc, jemalloc-bg, mimalloc, tcmalloc, defragger
                                   (glibc is the base and always takes part)
          --quick                  one round of a fifth of the work, to see that all of it runs
          --python PATH            the Python to run, /usr/bin/python3 if it is there
          --output FOLDER          where malloc.md and its plots go; without it, only a whole run writes them,
                                   to docs/benchmarks

        """;

    private static readonly string[] s_parts = ["micro", "python", "memory"];

    public int Rounds { get; private init; } = 5;
    public string? Only { get; private init; }
    public IReadOnlyList<string>? Allocators { get; private init; }
    public bool Quick { get; private init; }
    public string Python { get; init; } = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
    public string? Output { get; private init; }

    public bool IsWhole => Only == null && Allocators == null && !Quick;

    /// <summary>False, with the reason, if a word is wrong.</summary>
    public static bool TryParse(
        string[] words, IReadOnlyList<string> names, [NotNullWhen(true)] out Options? options, out string reason)
    {
        options = Words.Parse(
            words, new Options(),
            (so, word) => word == "--quick" ? so with { Quick = true, Rounds = 1 } : null,
            (so, word, value) => word switch
            {
                "--rounds" when Words.Rounds(value) is int rounds => so with { Rounds = rounds },
                "--only" when s_parts.Contains(value) => so with { Only = value },
                "--allocators" when value.Split(',').All(names.Contains) => so with { Allocators = value.Split(',') },
                "--python" when File.Exists(value) => so with { Python = value },
                "--output" => so with { Output = value },
                _ => null,
            },
            out reason);
        return options != null;
    }

    public bool Takes(string part) => Only == null || Only == part;
}
