using System.Diagnostics.CodeAnalysis;

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
        options = Words.Parse(
            words, new Options(),
            (so, word) => word switch
            {
                "--quick" => so with { Quick = true, Rounds = 1 },
                "--suite" => so with { Suite = true },
                _ => null,
            },
            (so, word, value) => word switch
            {
                "--rounds" when Words.Rounds(value) is int rounds => so with { Rounds = rounds },
                "--python" when File.Exists(value) => so with { Python = value },
                "--ours" when File.Exists(value) => so with { Ours = value },
                "--files" => so with { Files = value.Split(',') },
                "--output" => so with { Output = value },
                _ => null,
            },
            out reason);
        if (options is { Files: not null, Suite: false }) reason = "--files belongs to --suite";
        return options != null && reason.Length == 0;
    }
}
