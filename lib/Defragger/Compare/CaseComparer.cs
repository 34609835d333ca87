using Defragger.Engines;

namespace Defragger.Compare;

/// <summary>The program that compares one case. Exit 0: same; 1: changed; anything else: could not compare.</summary>
internal abstract class CaseComparer
{
    /// <summary>What decides whether an earlier result still holds: program, version and options, in one line.</summary>
    public abstract string Identity { get; }

    /// <summary>Files beside the two results that a case is compared with.</summary>
    public virtual IReadOnlyList<string> FurtherFiles(TestCase testCase) => [];

    /// <summary>The same for one case: with other further files, an earlier result does not hold.</summary>
    public string IdentityFor(TestCase testCase) => FurtherFiles(testCase) is { Count: > 0 } files
        ? string.Concat(files.Select(FileStamp.Of).Select(stamp => $" +{stamp.Size}@{stamp.Written}").Prepend(Identity))
        : Identity;

    /// <summary>The comparer must print its JSON line; one that is silent has failed.</summary>
    public abstract bool MustReport { get; }

    /// <summary>The process for one case that both sides have.</summary>
    public abstract ProcessSpec Prepare(TestCase testCase);
}

/// <summary>The comparer that comes with the library: a small program compiled ahead of time.</summary>
/// <param name="program">Its path.</param>
/// <param name="optionsOf">Its options for a case, by the case's name.</param>
/// <param name="version">Its version, and all settings that the options come from.</param>
/// <param name="baselines">Further runs of the baseline: their directories, or their files where single files are compared.</param>
internal sealed class BuiltInComparer(
    string program, Func<string, IEnumerable<string>> optionsOf, string version, IReadOnlyList<string>? baselines = null) : CaseComparer
{
    // Asked once, and not several times for each case.
    private readonly (string Path, bool IsFolder)[] _baselines = [.. (baselines ?? []).Select(path => (path, Directory.Exists(path)))];

    public override string Identity => $"built-in {version}";

    public override bool MustReport => true;

    public override ProcessSpec Prepare(TestCase testCase) => new()
    {
        Program = program,
        Arguments =
        [
            .. optionsOf(testCase.Name),
            .. FurtherFiles(testCase).SelectMany(path => (string[])["--baseline2", path]),
            "--", testCase.BaselinePath!, testCase.CandidatePath!,
        ],
    };

    /// <summary>A run that does not have the case says nothing about it.</summary>
    public override IReadOnlyList<string> FurtherFiles(TestCase testCase) =>
    [
        .. _baselines
            .Select(one => one.IsFolder ? Path.Combine(one.Path, testCase.Name) : one.Path)
            .Where(File.Exists),
    ];
}

/// <summary>A program of the user's, with places for the case in its arguments.</summary>
/// <remarks>{baseline}, {candidate} and {case} are replaced wherever they stand inside an argument; other braces stay.
/// Without any of them the two paths are appended, as xargs does. No shell takes part: a path with blanks or quotes
/// arrives as one argument.</remarks>
internal sealed class CommandComparer : CaseComparer
{
    private readonly string[] _words;
    private readonly bool _append;
    private readonly string? _directory;

    /// <param name="words">The program's path and its arguments.</param>
    /// <param name="directory">Where the program is started.</param>
    public CommandComparer(IReadOnlyList<string> words, string? directory = null)
    {
        if (words.Count == 0 || words[0].Length == 0) throw new ArgumentException("The command names no program.", nameof(words));
        _directory = directory;
        _words = [.. words];
        _append = !_words.Any(word => Fill(word, "\0", "\0", "\0").Contains('\0'));
    }

    /// <summary>The program that is run.</summary>
    public string Program => _words[0];

    public override string Identity => "command " + string.Join('\u001f', _words);

    public override bool MustReport => false;

    public override ProcessSpec Prepare(TestCase testCase)
    {
        string baseline = testCase.BaselinePath!, candidate = testCase.CandidatePath!;
        IEnumerable<string> arguments = _words.Skip(1).Select(word => Fill(word, baseline, candidate, testCase.Name));
        return new ProcessSpec
        {
            Program = _words[0],
            WorkingDirectory = _directory,
            Arguments = _append ? [.. arguments, baseline, candidate] : [.. arguments],
        };
    }

    // One pass from left to right, so that a file named '{case}' is not taken for a place.
    private static string Fill(string word, string baseline, string candidate, string name)
    {
        if (!word.Contains('{')) return word;
        var filled = new System.Text.StringBuilder(word.Length + 64);
        for (int i = 0; i < word.Length;)
        {
            ReadOnlySpan<char> rest = word.AsSpan(i);
            (string place, string value) =
                rest.StartsWith("{baseline}") ? ("{baseline}", baseline) :
                rest.StartsWith("{candidate}") ? ("{candidate}", candidate) :
                rest.StartsWith("{case}") ? ("{case}", name) : (word[i].ToString(), word[i].ToString());
            filled.Append(value);
            i += place.Length;
        }
        return filled.ToString();
    }
}
