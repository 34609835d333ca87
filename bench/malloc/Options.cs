using System.Diagnostics.CodeAnalysis;
using System.Globalization;

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
        options = new Options();
        reason = "";
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            if (word == "--quick")
            {
                options = options with { Quick = true, Rounds = 1 };
                continue;
            }
            string? value = i + 1 < words.Length ? words[++i] : null;
            Options? next = value == null ? null : word switch
            {
                "--rounds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) && rounds > 0
                    => options with { Rounds = rounds },
                "--only" when s_parts.Contains(value) => options with { Only = value },
                "--allocators" when value.Split(',').All(names.Contains) => options with { Allocators = value.Split(',') },
                "--python" when File.Exists(value) => options with { Python = value },
                "--output" => options with { Output = value },
                _ => null,
            };
            if (next == null)
            {
                options = null;
                reason = value == null ? $"'{word}' is no option or lacks its value" : $"'{word} {value}' is not possible";
                return false;
            }
            options = next;
        }
        return true;
    }

    public bool Takes(string part) => Only == null || Only == part;
}
