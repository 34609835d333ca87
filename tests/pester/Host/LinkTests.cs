using System.Text.RegularExpressions;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>The pages of the repository: every link between them leads somewhere.</summary>
public partial class LinkTests
{
    public static TheoryData<string> Pages() => new(
        from folder in Directory.GetDirectories(Repository.Root).Append(Repository.Root)
        where Path.GetFileName(folder) is not ("artifacts" or "TestResults")
        from path in Directory.GetFiles(folder, "*.md", new EnumerationOptions { RecurseSubdirectories = folder != Repository.Root })
        let page = Path.GetRelativePath(Repository.Root, path)
        orderby page
        select page);

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_link_leads_to_a_file_and_to_a_heading_of_it(string page)
    {
        string text = File.ReadAllText(Repository.In(page)), folder = Path.GetDirectoryName(Repository.In(page))!;
        foreach (Match link in Link().Matches(text))
        {
            string[] parts = link.Groups[1].Value.Split('#', 2);
            string target = parts[0].Length == 0 ? Repository.In(page) : Path.Combine(folder, parts[0]);
            Assert.True(File.Exists(target) || Directory.Exists(target), $"{page}: '{link.Groups[1].Value}' leads to nothing.");
            if (parts.Length == 2 && parts[1].Length > 0)
                Assert.True(Headings(target).Contains(parts[1]), $"{page}: '{link.Groups[1].Value}': no such heading.");
        }
    }

    // As they are named in addresses: small letters, no punctuation, hyphens for blanks.
    private static IEnumerable<string> Headings(string path) =>
        File.ReadLines(path).Where(line => line.StartsWith('#'))
            .Select(line => Punctuation().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    // [text](target), but for addresses of the web.
    [GeneratedRegex(@"\]\((?!\w+:)([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
