using System.Text;

namespace Defragger.Python;

/// <summary>A copy of an installed Python for another place: what names the old place in text names the new one.</summary>
/// <remarks>
/// An interpreter finds its library by its own place, so only texts are concerned: the build settings (_sysconfigdata, Makefile),
/// pkg-config's files, and the first lines of scripts. The old place is a folder of the cache with a name that nothing else has, so
/// that a replacement hits nothing else. Compiled modules keep the old place in their names of source files, which the import
/// system replaces when it loads them; those of texts that were changed are removed, and made again when they are first imported.
/// </remarks>
internal static class PythonCopy
{
    private const int LargestText = 4 << 20;

    /// <summary>The command that copies.</summary>
    public static BuildCommand Command(string from, string to) =>
        new("cp", ["-R", "--reflink=auto", "--preserve=mode,timestamps,links", "--", from + "/.", to]);

    /// <summary>Puts the new place for the old one in all texts of a folder.</summary>
    /// <returns>How many files were changed.</returns>
    public static int Relocate(string folder, string oldPlace, string newPlace)
    {
        byte[] old = Encoding.UTF8.GetBytes(oldPlace), now = Encoding.UTF8.GetBytes(newPlace);
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        int changed = 0;
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*", options))
        {
            if (file.Length > LargestText || file.Extension is ".pyc" or ".so" or ".a" or ".o") continue;
            byte[] content = File.ReadAllBytes(file.FullName);
            if (content.AsSpan().IndexOf(old) < 0 || content.AsSpan().IndexOf((byte)0) >= 0) continue;
            File.WriteAllBytes(file.FullName, Replace(content, old, now));
            if (file.Extension == ".py") RemoveCompiled(file);
            changed++;
        }
        return changed;
    }

    /// <summary>The content with one series of bytes in place of another.</summary>
    internal static byte[] Replace(ReadOnlySpan<byte> content, ReadOnlySpan<byte> old, ReadOnlySpan<byte> now)
    {
        using var made = new MemoryStream(content.Length + (4 * now.Length));
        for (int at; (at = content.IndexOf(old)) >= 0; content = content[(at + old.Length)..])
        {
            made.Write(content[..at]);
            made.Write(now);
        }
        made.Write(content);
        return made.ToArray();
    }

    private static void RemoveCompiled(FileInfo source)
    {
        string cache = Path.Combine(source.DirectoryName!, "__pycache__");
        if (!Directory.Exists(cache)) return;
        string pattern = Path.GetFileNameWithoutExtension(source.Name) + ".*.pyc";
        foreach (string compiled in Directory.GetFiles(cache, pattern)) File.Delete(compiled);
    }
}
