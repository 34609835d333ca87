using System.Management.Automation;
using System.Text;

namespace Defragger.Help;

/// <summary>
/// Pages in Markdown and the compiled cmdlets -> what Get-Help reads.
/// <code>
/// Verb-Noun.md    -> PageReader  -> HelpPage    -> PageCheck -> MamlWriter -> ASSEMBLY-Help.xml
/// assembly        -> CmdletReader -> CmdletFacts ----^------------^
/// about_NAME.md   -> AboutText                               -> about_NAME.help.txt
/// </code>
/// Every fault of every page is told, as a compiler tells it, and then nothing is written.
/// </summary>
internal static class Program
{
    private static int Main(string[] words)
    {
        if (words is not [string assembly, string pages, string output])
        {
            Console.Error.WriteLine("usage: defrag-help MODULE.dll PAGES OUTPUT    help of the module's cmdlets from the folder PAGES into OUTPUT");
            return 2;
        }
        try
        {
            Build(Path.GetFullPath(assembly), pages, output);
            return 0;
        }
        catch (HelpException e)
        {
            Console.Error.WriteLine(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RuntimeException)
        {
            Console.Error.WriteLine($"defrag-help : error : {e.Message}");
        }
        return 1;
    }

    /// <summary>Makes the help files.</summary>
    /// <exception cref="HelpException">Pages are not as they must be, or do not fit the cmdlets.</exception>
    internal static void Build(string assembly, string folder, string output)
    {
        var faults = new List<HelpException>();
        var pages = new List<HelpPage>();
        var topics = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(folder, "*.md").Order(StringComparer.Ordinal))
        {
            try
            {
                string text = File.ReadAllText(path), name = Path.GetFileNameWithoutExtension(path);
                if (name.StartsWith("about_", StringComparison.Ordinal)) topics.Add(name, AboutText.Of(path, text));
                else pages.Add(PageReader.Read(path, text));
            }
            catch (HelpException e)
            {
                faults.Add(e);
            }
        }
        // A page with a fault of its own is no missing page too.
        if (faults.Count > 0) throw new HelpException(faults);
        List<CmdletFacts> cmdlets = CmdletReader.Read(assembly);
        faults.AddRange(PageCheck.Faults(folder, pages, cmdlets));
        if (faults.Count > 0) throw new HelpException(faults);

        Directory.CreateDirectory(output);
        using (FileStream file = File.Create(Path.Combine(output, Path.GetFileName(assembly) + "-Help.xml")))
            MamlWriter.Write(file, pages, cmdlets.ToDictionary(cmdlet => cmdlet.Name));
        foreach ((string name, string text) in topics)
            File.WriteAllText(Path.Combine(output, name + ".help.txt"), text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }
}
