using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Defragger.Bench.Python;

/// <summary>What was asked for on the command line.</summary>
internal sealed record Options
{
    public const string Usage = """
        usage: ./defrag bench python [OPTION...]

          --rounds N           five if not given
          --python PATH        the installed Python, /usr/bin/python3 if not given
          --ours PATH          the same on our malloc; linked from the installed one if not given
          --quick              one round of two small cases, to see that all of it runs
          --output FOLDER      where python.md and its plot go; without it, only a whole run writes them, to docs/benchmarks
          --suite              no benchmark: tests of CPython on both; writes python-suite.md, to docs if not told otherwise
          --files NAME,...     of the suite, these test files; only shows the result if --output is not given

        """;

    public int Rounds { get; private init; } = 5;
    public string Python { get; init; } = "/usr/bin/python3";
    public string? Ours { get; init; }
    public bool Quick { get; private init; }
    public string? Output { get; private init; }
    public bool Suite { get; private init; }
    public IReadOnlyList<string>? Files { get; private init; }

    /// <summary>Cases of the worker, and records on each side of a case.</summary>
    public int Cases => Quick ? 2 : 6;

    public int Records => Quick ? 6000 : 60000;

    /// <summary>False, with the reason, if a word is wrong.</summary>
    public static bool TryParse(string[] words, [NotNullWhen(true)] out Options? options, out string reason)
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
            if (word == "--suite")
            {
                options = options with { Suite = true };
                continue;
            }
            string? value = i + 1 < words.Length ? words[++i] : null;
            Options? next = value == null ? null : word switch
            {
                "--rounds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) && rounds > 0
                    => options with { Rounds = rounds },
                "--python" when File.Exists(value) => options with { Python = value },
                "--ours" when File.Exists(value) => options with { Ours = value },
                "--files" => options with { Files = value.Split(',') },
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
        if (options.Files != null && !options.Suite) reason = "--files belongs to --suite";
        return reason.Length == 0;
    }
}
