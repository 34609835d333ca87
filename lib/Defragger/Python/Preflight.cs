using Defragger.Engines;

namespace Defragger.Python;

/// <summary>What a build needs of the machine, looked at before it starts: all that is missing is told at once, with the words
/// that install it.</summary>
internal sealed class Preflight
{
    private readonly List<string> _missing = [];
    private readonly List<string> _packages = [];

    /// <summary>Notes something that is missing.</summary>
    /// <param name="what">For people.</param>
    /// <param name="packages">Debian's packages that bring it.</param>
    public void Miss(string what, params string[] packages)
    {
        _missing.Add(what);
        _packages.AddRange(packages.Where(package => !_packages.Contains(package)));
    }

    /// <summary>The C compiler; noted as missing when there is none.</summary>
    /// <returns>The words that call it, its full path first; none when it is missing.</returns>
    public IReadOnlyList<string> Compiler()
    {
        string named = Environment.GetEnvironmentVariable("CC") ?? "";
        // CC may have options, or a cache in front. Without it, in the order of CPython's configure.
        string[][] choices = string.IsNullOrWhiteSpace(named) ? [["gcc"], ["cc"], ["clang"]] : [[.. ShellWords.Split(named)]];
        foreach (string[] words in choices)
            if (ProgramPath.Find(words[0], "/") is string path) return [path, .. words[1..]];
        Miss(string.IsNullOrWhiteSpace(named) ? "a C compiler" : $"the C compiler '{named}' that CC names", "gcc", "libc6-dev");
        return [];
    }

    /// <summary>Ends the build if anything is missing.</summary>
    /// <exception cref="PythonRefusedException">Something is; all of it and the words to install it.</exception>
    public void Demand()
    {
        if (_missing.Count == 0) return;
        throw new PythonRefusedException(PythonRefusal.ToolMissing,
            $"Needed for the build and not found: {string.Join(", ", _missing)}. "
            + $"Debian, Ubuntu: apt-get install {string.Join(' ', _packages)}",
            string.Join(' ', _packages));
    }
}
