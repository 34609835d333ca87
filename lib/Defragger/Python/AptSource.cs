using Defragger.Engines;

namespace Defragger.Python;

/// <summary>Fetches the original archive of one of Debian's source packages with apt, from where this machine has its packages.
/// The machine's own lists are left alone: apt works in a folder of its own.</summary>
/// <remarks>apt checks what it fetches against Debian's signed index; the caller checks it against the hash that it knows.</remarks>
internal static class AptSource
{
    private const string Keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>The commands that fetch it.</summary>
    /// <param name="release">What is fetched.</param>
    /// <param name="folder">Full path of an empty folder.</param>
    public static IReadOnlyList<BuildCommand> Commands(Release release, string folder)
    {
        string[] own =
        [
            "-q", "-o", $"Dir::Etc::sourcelist={SourceList(folder)}", "-o", "Dir::Etc::sourceparts=-",
            "-o", $"Dir::State::lists={folder}/lists", "-o", $"Dir::Cache={folder}/cache",
            "-o", "Acquire::Languages=none", "-o", "Acquire::Retries=3",
            // The folder is its owner's alone, and apt would fetch as another user.
            "-o", "APT::Sandbox::User=",
        ];
        return
        [
            new BuildCommand("apt-get", [.. own, "update"]) { Directory = folder },
            new BuildCommand("apt-get", [.. own, "source", "--download-only", "--tar-only", release.Package]) { Directory = folder },
        ];
    }

    /// <summary>Fetches it; the archive's path.</summary>
    /// <param name="release">What is fetched.</param>
    /// <param name="folder">Full path of an empty folder.</param>
    /// <param name="run">The build.</param>
    /// <param name="runner">Asks apt where this machine has its packages.</param>
    /// <exception cref="PythonBuildException">It could not be fetched.</exception>
    public static string Fetch(Release release, string folder, BuildRun run, CommandRunner runner)
    {
        foreach (string part in new[] { "lists/partial", "cache/archives/partial" })
            Directory.CreateDirectory(Path.Combine(folder, part));
        var ask = new BuildCommand("apt-get", ["indextargets", "--format", "$(REPO_URI) $(RELEASE) $(LABEL)", "Created-By: Packages"]);
        ProcessReport targets = runner.Capture(ask, s_patience, run.Stop);
        string place = Repository(targets.StandardOutput)
            ?? throw run.Failed("apt has no repository on this machine that could have Debian's sources (apt-get indextargets names none)");
        string signed = File.Exists(Keyring) ? $"[signed-by={Keyring}] " : "";
        File.WriteAllText(SourceList(folder), $"deb-src {signed}{place} {release.Suite} main\n");
        foreach (BuildCommand command in Commands(release, folder)) run.Run(command);
        string[] found = Directory.GetFiles(folder, "*.orig.tar.*");
        return found.Length == 1
            ? found[0]
            : throw run.Failed($"apt fetched {found.Length} original archives of {release.Package} and not one");
    }

    /// <summary>The repository of the machine's main suite, out of lines "URI SUITE LABEL": Debian's, if one says that it is;
    /// null when there is none.</summary>
    internal static string? Repository(string lines)
    {
        string[][] main = [.. lines.Split('\n').Select(line => line.Split(' '))
            // 'bookworm-security' and 'bookworm-updates' are other repositories, or parts of one.
            .Where(words => words.Length >= 3 && words[0].Length > 0 && !words[1].Contains('-') && !words[1].Contains('/'))];
        return (main.FirstOrDefault(words => words[2] == "Debian") ?? main.FirstOrDefault())?[0];
    }

    private static string SourceList(string folder) => Path.Combine(folder, "sources.list");
}
