namespace Defragger.Help;

/// <summary>Compares the pages with the cmdlets, both ways: what one has and the other has not is a fault.</summary>
internal static class PageCheck
{
    /// <summary>All faults; none where pages and cmdlets agree.</summary>
    /// <param name="folder">Where the pages are, for messages.</param>
    /// <param name="pages">What was read.</param>
    /// <param name="cmdlets">What the engine found.</param>
    public static IEnumerable<HelpException> Faults(string folder, IReadOnlyList<HelpPage> pages, IReadOnlyList<CmdletFacts> cmdlets)
    {
        foreach (CmdletFacts cmdlet in cmdlets.Where(cmdlet => pages.All(page => page.Name != cmdlet.Name)))
            yield return new HelpException(Path.Combine(folder, cmdlet.Name + ".md"), 1, $"{cmdlet.Name} has no page. Write this one.");
        foreach (HelpPage page in pages)
        {
            if (Path.GetFileNameWithoutExtension(page.Path) != page.Name)
                yield return new HelpException(page.Path, 1, $"the page is of '{page.Name}'; its file is {page.Name}.md.");
            CmdletFacts? cmdlet = cmdlets.FirstOrDefault(cmdlet => cmdlet.Name == page.Name);
            if (cmdlet == null)
            {
                yield return new HelpException(page.Path, 1, $"there is no cmdlet '{page.Name}'. Remove the page, or correct the name.");
                continue;
            }
            foreach (HelpException fault in Faults(page, cmdlet)) yield return fault;
        }
    }

    private static IEnumerable<HelpException> Faults(HelpPage page, CmdletFacts cmdlet)
    {
        if (page.Examples.Count == 0) yield return new HelpException(page.Path, 1, $"{page.Name} has no example. Write one that can be run.");
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (HelpParameter parameter in page.Parameters)
        {
            if (!told.Add(parameter.Name))
                yield return new HelpException(page.Path, parameter.Line, $"-{parameter.Name} is there twice.");
            else if (!cmdlet.Parameters.Values.Any(real => real.Name == parameter.Name))
                yield return new HelpException(page.Path, parameter.Line, $"{page.Name} has no parameter -{parameter.Name}.");
        }
        foreach (string name in cmdlet.Parameters.Values.Select(real => real.Name).Except(told))
            yield return new HelpException(page.Path, 1, $"-{name} is missing. Write '### -{name}' and what it does.");
    }
}
