using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using System.Text;
using Defragger.Engines;

namespace Defragger.Python;

/// <summary>A source of CPython, an archive or a folder: what it hashes to, and how a copy of it is laid out for a build.</summary>
internal sealed partial class SourceTree
{
    private SourceTree(string path, bool isArchive, string sha256) => (FullPath, IsArchive, Sha256) = (path, isArchive, sha256);

    /// <summary>Full path of the archive or the folder.</summary>
    public string FullPath { get; }

    /// <summary>It is an archive.</summary>
    public bool IsArchive { get; }

    /// <summary>Of the archive's bytes, or of the folder's files by name and content.</summary>
    public string Sha256 { get; }

    /// <summary>Looks at a source, and hashes it.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="expected">What it must hash to; null when nothing is known of it.</param>
    /// <exception cref="PythonRefusedException">It is not there, is no source, or hashes to something else.</exception>
    public static SourceTree Of(string path, string? expected)
    {
        bool isArchive = File.Exists(path);
        if (!isArchive && !Directory.Exists(path))
            throw new PythonRefusedException(PythonRefusal.NotFound, $"There is no archive or folder '{path}'.", path);
        if (!isArchive) CheckFolder(path);
        string hash = isArchive ? DefragPython.HashOf(path) : HashOfFolder(path);
        if (expected != null && hash != expected)
        {
            throw new PythonRefusedException(PythonRefusal.HashMismatch,
                $"'{path}' hashes to {hash} and not to {expected}. "
                + "It is damaged or not what it should be, and was not unpacked.", path);
        }
        return new SourceTree(path, isArchive, hash);
    }

    /// <summary>The command that lays it out in a folder.</summary>
    /// <param name="folder">Full path of an empty folder.</param>
    /// <remarks>GNU tar keeps every file below the folder: it strips a leading '/', refuses '..', and makes links last.
    /// Whatever the archive says, files are the caller's and without rights of another user.</remarks>
    public BuildCommand LayOut(string folder) => IsArchive
        ? new BuildCommand("tar", ["-xf", FullPath, "-C", folder, "--strip-components=1", "--no-same-owner", "--no-same-permissions"])
        : new BuildCommand("cp", ["-R", "--reflink=auto", "--preserve=mode,timestamps", "--", FullPath + "/.", folder]);

    /// <summary>The version of a source that was laid out, after a look at whether it is one.</summary>
    /// <param name="folder">Full path.</param>
    /// <exception cref="PythonRefusedException">It is no source of CPython that can be built here.</exception>
    public static string VersionOf(string folder)
    {
        CheckLinks(folder);
        CheckFolder(folder);
        string level = File.ReadAllText(Path.Combine(folder, "Include", "patchlevel.h"));
        if (VersionLine().Match(level) is not { Success: true } match)
        {
            throw new PythonRefusedException(PythonRefusal.NotFound,
                "Include/patchlevel.h of the source tells no version.", folder);
        }
        string version = match.Groups[1].Value;
        string[] parts = version.Split('.');
        if (parts[0] != "3" || int.Parse(parts[1], CultureInfo.InvariantCulture) < PythonInstallation.LeastMinor)
        {
            throw new PythonRefusedException(PythonRefusal.NotSupported,
                $"The source is of Python {version}. Before 3.{PythonInstallation.LeastMinor} no allocator can be put in "
                + "ahead of the first object. Give a later one.", version);
        }
        return version;
    }

    /// <summary>Refuses a source that was configured as a free-threaded Python, by whatever word or file.</summary>
    /// <param name="folder">Full path of the source, after its configure.</param>
    /// <exception cref="PythonRefusedException">It was.</exception>
    public static void CheckConfigured(string folder)
    {
        string settings = Path.Combine(folder, "pyconfig.h");
        if (!File.Exists(settings) || !FreeThreadedLine().IsMatch(File.ReadAllText(settings))) return;
        throw new PythonRefusedException(PythonRefusal.NotSupported,
            "The source was configured as a free-threaded Python, whose collector finds all objects by the pages of an allocator "
            + "of its own. Leave out what says so, such as --enable-gil=no.", folder);
    }

    /// <summary>Of every file below a folder: its path, whether it can be run, and its content. Not of version control.</summary>
    internal static string HashOfFolder(string folder)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        IEnumerable<string> names = Directory.EnumerateFiles(folder, "*", options)
            .Select(path => Path.GetRelativePath(folder, path))
            .Where(name => !name.StartsWith(".git/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        foreach (string name in names)
        {
            string path = Path.Combine(folder, name);
            // Of a link its text, wherever it leads: maybe nowhere, or to a folder.
            string? target = new FileInfo(path).LinkTarget;
            string content = target != null ? "-> " + target : DefragPython.HashOf(path);
            bool runs = target == null && ProgramPath.Runnable(path) != null;
            // No name holds a NUL, so no two folders give the same text.
            sum.AppendData(Encoding.UTF8.GetBytes($"{name}\0{(runs ? 'x' : '-')}{content}\0"));
        }
        return Convert.ToHexString(sum.GetHashAndReset()).ToLowerInvariant();
    }

    private static void CheckFolder(string folder)
    {
        foreach (string name in new[] { "configure", "Include/patchlevel.h", "Makefile.pre.in" })
        {
            if (!File.Exists(Path.Combine(folder, name)))
            {
                throw new PythonRefusedException(PythonRefusal.NotFound,
                    $"'{folder}' is no source of CPython: it has no {name}.", folder);
            }
        }
        if (File.Exists(Path.Combine(folder, "Makefile")))
        {
            throw new PythonRefusedException(PythonRefusal.NotSupported,
                $"'{folder}' was configured already, for what is not known here. "
                + "Clean it with 'make distclean', or give a clean one.", folder);
        }
    }

    /// <summary>Refuses links out of the source: what is built would come from elsewhere.</summary>
    private static void CheckLinks(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        foreach (FileSystemInfo one in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", options))
        {
            string name = Path.GetRelativePath(folder, one.FullName);
            string? target = one.LinkTarget;
            if (target != null && !IsBelow(folder, Path.GetFullPath(target, Path.GetDirectoryName(one.FullName)!)))
            {
                throw new PythonRefusedException(PythonRefusal.NotSupported,
                    $"The source has a link out of it: '{name}' to '{target}'.", one.FullName);
            }
        }
    }

    private static bool IsBelow(string folder, string path) => path.StartsWith(folder + "/", StringComparison.Ordinal);

    [GeneratedRegex("^#define\\s+PY_VERSION\\s+\"([0-9]+\\.[0-9]+\\.[0-9a-z+]+)\"", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex VersionLine();

    [GeneratedRegex("^#define\\s+Py_GIL_DISABLED\\s+1", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex FreeThreadedLine();
}
