using System.Security.Cryptography;
using System.Text;
using Defragger.Files;

namespace Defragger.Python;

/// <summary>Where builds keep what outlives them: <c>defragger/python</c> in the user's cache folder.</summary>
/// <remarks>
/// <code>
/// logs/        of builds that failed, or are going on
/// entries/ locks/ work/    stock Pythons that were built from source: BuildCache
/// built/       a file for each Python that was placed: its folder's path
/// </code>
/// </remarks>
internal sealed class PythonStore
{
    private static readonly TimeSpan s_keptLogs = TimeSpan.FromDays(30);

    /// <param name="folder">Full path; made when something is kept.</param>
    public PythonStore(string folder) => Folder = folder;

    /// <summary>Full path.</summary>
    public string Folder { get; }

    /// <summary>Stock Pythons that were built from source.</summary>
    public BuildCache Cache => new(Folder);

    private string Built => Path.Combine(Folder, "built");

    /// <summary>The user's: below XDG_CACHE_HOME, or ~/.cache.</summary>
    public static PythonStore OfUser()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        // The specification: a relative path is no path.
        if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
            cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return new PythonStore(Path.Combine(cache, "defragger", "python"));
    }

    /// <summary>Begins a log. Those of failed builds are kept for a month.</summary>
    public BuildLog NewLog()
    {
        string folder = Path.Combine(Folder, "logs");
        PrivatePath.CreateFolder(folder);
        foreach (string old in Directory.GetFiles(folder, "*.log"))
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(old) > s_keptLogs) File.Delete(old);
        return new BuildLog(Path.Combine(folder, $"{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Path.GetRandomFileName()[..8]}.log"));
    }

    /// <summary>Notes that a Python was placed in a folder.</summary>
    public void Add(string folder)
    {
        PrivatePath.CreateFolder(Built);
        // Complete or absent, whatever happens meanwhile.
        string beside = Path.Combine(Built, $".{Path.GetRandomFileName()}");
        File.WriteAllText(beside, folder + "\n");
        File.Move(beside, NoteOf(folder), overwrite: true);
    }

    /// <summary>Forgets a folder.</summary>
    public void Forget(string folder) => File.Delete(NoteOf(folder));

    /// <summary>The Pythons that were placed and are still there, by path. Notes of others are dropped.</summary>
    public IEnumerable<DefragPython> List()
    {
        if (!Directory.Exists(Built)) return [];
        List<DefragPython> found = [];
        foreach (string note in Directory.GetFiles(Built))
        {
            if (Path.GetFileName(note).StartsWith('.')) continue;
            string folder = File.ReadAllText(note).TrimEnd('\n');
            if (ReadOrNull(folder) is DefragPython python) found.Add(python);
            else if (!File.Exists(Path.Combine(folder, DefragPython.RecordName))) File.Delete(note);
        }
        return found.OrderBy(python => python.Path, StringComparer.Ordinal);
    }

    private static DefragPython? ReadOrNull(string folder)
    {
        try
        {
            return DefragPython.Read(folder);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string NoteOf(string folder) =>
        Path.Combine(Built, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..32].ToLowerInvariant());
}
