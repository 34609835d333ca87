using System.Xml.Linq;
using Defragger.Help;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>The tool that makes help of pages and cmdlets: what it takes, what it refuses, what it writes.</summary>
public sealed class HelpToolTests : IDisposable
{
    private const string Page =
        """
        # Test-Word

        ## Synopsis

        Gives back what it *received*,
        with `-Force` or not.

        ## Description

        First, with a [link](https://example.org) &amp; more.

        1. one
        2. `two < 3`

        ```
        a
        b
        ```

        ## Examples

        ### Try it

        ```powershell
        Test-Word a |
            ForEach-Object { $_ }
        ```

        Says a.

        ## Parameters

        ### -Path

        A word.

        ### -Force

        On.

        ## Inputs

        Nothing.

        ## Outputs

        What was received.

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("defrag-help-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_page_is_read_without_its_marks()
    {
        HelpPage page = PageReader.Read("Test-Word.md", Page);

        Assert.Equal("Test-Word", page.Name);
        Assert.Equal("Gives back what it received, with -Force or not.", page.Synopsis);
        Assert.Equal(["First, with a link & more.", "1. one", "2. two < 3", "    a\n    b"], page.Description);
        HelpExample example = Assert.Single(page.Examples);
        Assert.Equal(("Try it", "Test-Word a |\n    ForEach-Object { $_ }"), (example.Title, example.Code));
        Assert.Equal(["Says a."], example.Remarks);
        Assert.Equal(["Path", "Force"], page.Parameters.Select(parameter => parameter.Name));
        Assert.Equal(["What was received."], page.Outputs);
        Assert.Empty(page.Notes);
    }

    [Theory]
    [InlineData("# Test-Word", "Test-Word", 1, "begins with '# '")]
    [InlineData("## Synopsis", "## Synopsys", 3, "'Synopsys' is no section")]
    [InlineData("## Outputs", "## Inputs", 45, "comes after 'Inputs', or twice")]
    [InlineData("## Description", "## Notes", 20, "'Examples' comes after 'Notes'")]
    [InlineData("## Inputs\n\nNothing.\n\n", "", 1, "'## Inputs' is missing")]
    [InlineData("\nNothing.\n", "\n", 41, "'## Inputs' says nothing")]
    [InlineData("```powershell", "```sh", 22, "'Try it' is a block ```powershell")]
    [InlineData("Says a.", "", 22, "'Try it' is a block ```powershell")]
    [InlineData("### -Force\n\nOn.", "### -Force", 37, "'-Force' says nothing")]
    [InlineData("### -Force", "### Force", 37, "write '### -Name'")]
    [InlineData("`two < 3`", "a <b>bold</b> word", 13, "HTML cannot be shown as plain text")]
    [InlineData("A word.", "![a](b.png)", 35, "a picture cannot be shown")]
    [InlineData("A word.", "> said", 35, "a quotation cannot be shown")]
    [InlineData("Nothing.", "Nothing.\n\n#### more", 45, "a heading of level 4 cannot be shown")]
    [InlineData("What was received.\n", "Text.\n\n## Links\n\n- [nowhere](nowhere.md)\n", 51, "no file 'nowhere.md' to link to")]
    [InlineData("What was received.\n", "Text.\n\n## Links\n\nsome words\n", 51, "is a list, one link an item")]
    public void What_is_no_such_page_is_refused_with_its_line(string before, string after, int line, string fault)
    {
        Assert.Contains(before, Page, StringComparison.Ordinal);
        string path = Path.Combine(_folder, "Test-Word.md");

        var e = Assert.Throws<HelpException>(() => PageReader.Read(path, Page.Replace(before, after, StringComparison.Ordinal)));

        Assert.StartsWith($"{path}({line}): error : ", e.Message, StringComparison.Ordinal);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_engine_tells_what_a_page_does_not()
    {
        CmdletFacts cmdlet = Cmdlets().Single(cmdlet => cmdlet.Name == "Test-Word");

        ParameterFacts path = cmdlet.Parameters["Path"], include = cmdlet.Parameters["Include"];
        Assert.Equal(("string", "None", "FullName"), (path.Type, path.Default, Assert.Single(path.Aliases)));
        Assert.Equal(("string[]", true, "None"), (include.Type, include.TakesSeveral, include.Default));
        Assert.Equal(("int", "0"), (cmdlet.Parameters["Count"].Type, cmdlet.Parameters["Count"].Default));
        Assert.Equal(("bool", "None"), (cmdlet.Parameters["Maybe"].Type, cmdlet.Parameters["Maybe"].Default));
        Assert.Equal((true, "False"), (cmdlet.Parameters["Force"].IsSwitch, cmdlet.Parameters["Force"].Default));
        Assert.DoesNotContain("Verbose", cmdlet.Parameters.Keys);
        Assert.Contains("WhatIf", cmdlet.Parameters.Keys);
        Assert.Equal(0, Assert.Single(cmdlet.Syntax)[0].Position);
        Assert.Equal(["Defragger.Sample.Received"], cmdlet.Outputs);
        Assert.Empty(cmdlet.Inputs);
    }

    [Fact]
    public void Page_and_cmdlet_are_compared_both_ways()
    {
        HelpPage page = PageReader.Read("Test-Word.md", Page.Replace("-Force\n\nOn.", "-Farce\n\nOn.\n\n### -Path\n\nAgain.", StringComparison.Ordinal)) with { Examples = [] };
        HelpPage other = PageReader.Read("Wrong.md", Page.Replace("# Test-Word", "# Test-Nothing", StringComparison.Ordinal));

        string[] faults = [.. PageCheck.Faults("pages", [page, other], Cmdlets()).Select(e => e.Message)];

        Assert.Contains("Test-Word.md(1): error : Test-Word has no example. Write one that can be run.", faults);
        Assert.Contains("Test-Word.md(37): error : Test-Word has no parameter -Farce.", faults);
        Assert.Contains("Test-Word.md(41): error : -Path is there twice.", faults);
        Assert.Contains("Test-Word.md(1): error : -Force is missing. Write '### -Force' and what it does.", faults);
        Assert.Contains("Wrong.md(1): error : the page is of 'Test-Nothing'; its file is Test-Nothing.md.", faults);
        Assert.Contains("Wrong.md(1): error : there is no cmdlet 'Test-Nothing'. Remove the page, or correct the name.", faults);
        Assert.Contains("pages/Write-Everything.md(1): error : Write-Everything has no page. Write this one.", faults);
    }

    [Fact]
    public void Faults_end_the_build_before_anything_is_written()
    {
        File.WriteAllText(Path.Combine(_folder, "Test-Word.md"), Page);
        string output = Path.Combine(_folder, "out");

        var e = Assert.Throws<HelpException>(() => Program.Build(SampleAssembly, _folder, output));

        Assert.Contains("-Include is missing", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(output));
    }

    [Fact]
    public void What_is_written_holds_the_page_and_is_the_same_each_time()
    {
        HelpPage page = PageReader.Read("Test-Word.md", Page);
        Dictionary<string, CmdletFacts> cmdlets = Cmdlets().ToDictionary(cmdlet => cmdlet.Name);
        using MemoryStream first = new(), second = new();
        MamlWriter.Write(first, [page], cmdlets);
        MamlWriter.Write(second, [page], cmdlets);

        Assert.Equal(first.ToArray(), second.ToArray());
        first.Position = 0;
        XDocument maml = XDocument.Load(first);
        string[] Texts(string name) => [.. maml.Descendants().Where(element => element.Name.LocalName == name).Select(element => element.Value)];
        Assert.Contains("2. two < 3", Texts("para"));
        Assert.Equal(["Test-Word a |\n    ForEach-Object { $_ }"], Texts("code"));
        Assert.Equal(["Example 1: Try it"], Texts("title"));
        Assert.Equal(["None", "False"], Texts("defaultValue"));
        Assert.Equal("FullName", maml.Descendants().First(element => element.Name.LocalName == "parameter").Attribute("aliases")!.Value);
    }

    [Fact]
    public void A_topic_is_wrapped_within_eighty_columns()
    {
        string long1 = string.Join(' ', Enumerable.Repeat("word", 40));
        string text = AboutText.Of("about_X.md", $"# about_X\n\n## Short description\n\nShort.\n\n## More\n\n- {long1}\n\n```\ncode\n```\n");

        Assert.StartsWith("TOPIC\n    about_X\n\nSHORT DESCRIPTION\n\n    Short.\n\nMORE\n\n    - word", text, StringComparison.Ordinal);
        Assert.Contains("\n      word", text, StringComparison.Ordinal); // hangs below the item's text
        Assert.EndsWith("\n        code\n", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.Throws<HelpException>(() => AboutText.Of("about_X.md", "# about_Y\n\n## Short description\n\nShort.\n"));
    }

    private static string SampleAssembly => Path.ChangeExtension(Repository.SampleModule, ".dll");

    private static List<CmdletFacts> Cmdlets() => CmdletReader.Read(SampleAssembly);
}
