using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Xml.Linq;
using Xunit;

namespace Defragger.Tests.Pester;

/// <summary>Every script of the repository is one that the engine can read, and psake.ps1 is a graph without holes.</summary>
public sealed class ScriptTests
{
    private static readonly string[] s_scripts = [".ps1", ".psm1", ".psd1"];

    /// <summary>Cut on purpose: a spec that the stand-in must refuse.</summary>
    private const string Cut = "Parse.StandInOnly.ps1";

    public static TheoryData<string> Scripts { get; } = new(Files(s_scripts));

    public static TheoryData<string> Views { get; } = new(Files(".ps1xml"));

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_script_can_be_parsed(string file)
    {
        Parser.ParseFile(Repository.In(file), out _, out ParseError[] errors);

        Assert.Empty(errors.Select(e => $"{e.Extent.StartLineNumber}: {e.Message}"));
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Views))]
    public void A_view_is_xml(string file) => Assert.NotNull(XDocument.Load(Repository.In(file)).Root);

    [Fact]
    public void Every_task_says_what_it_does() =>
        Assert.All(Tasks(), t => Assert.False(string.IsNullOrWhiteSpace(t.Value.Description), t.Key));

    [Theory]
    [InlineData("Default")]
    [InlineData("Build")]
    [InlineData("Test")]
    [InlineData("Property")]
    [InlineData("Pester")]
    [InlineData("Stage")]
    [InlineData("Help")]
    [InlineData("Pack")]
    [InlineData("Bench")]
    [InlineData("Python")]
    [InlineData("Clean")]
    public void The_task_is_there(string name) => Assert.Contains(name, Tasks().Keys);

    [Fact]
    public void Every_dependency_is_a_task_and_none_is_its_own()
    {
        Dictionary<string, BuildTask> tasks = Tasks();
        foreach (string name in tasks.Keys)
            Walk(name, []);

        void Walk(string name, string[] path)
        {
            Assert.True(tasks.ContainsKey(name), $"{string.Join(" -> ", path)} -> {name}: there is no such task.");
            Assert.False(path.Contains(name, StringComparer.OrdinalIgnoreCase), $"{string.Join(" -> ", path)} -> {name} is a circle.");
            foreach (string dependency in tasks[name].Depends)
                Walk(dependency, [.. path, name]);
        }
    }

    /// <summary>Loads psake.ps1 with psake's words defined as notes of what they were given. No action runs.</summary>
    private static Dictionary<string, BuildTask> Tasks()
    {
        using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using PowerShell pipeline = PowerShell.Create(runspace);
        pipeline.AddScript(
            """
            function Properties([scriptblock] $Block) { . $Block }
            function Task {
                [CmdletBinding()]
                param(
                    [Parameter(Mandatory, Position = 0)] [string] $Name,
                    [Parameter(Position = 1)] [scriptblock] $Action,
                    [string[]] $Depends = @(),
                    [string] $Description
                )
                @{ Name = $Name; Depends = $Depends; Description = $Description }
            }
            try { . $args[0] } catch { throw }
            """).AddArgument(Repository.In("psake.ps1"));
        return pipeline.Invoke().Select(o => (Hashtable)o.BaseObject).ToDictionary(
            t => (string)t["Name"]!,
            t => new BuildTask((string[])t["Depends"]!, (string?)t["Description"]),
            StringComparer.OrdinalIgnoreCase);
    }

    private static string[] Files(params string[] extensions) =>
    [
        .. Directory.EnumerateFiles(Repository.Root, "*", new EnumerationOptions { RecurseSubdirectories = true })
            .Select(f => Path.GetRelativePath(Repository.Root, f))
            .Where(f => extensions.Contains(Path.GetExtension(f)) && Path.GetFileName(f) != Cut)
            .Where(f => f.Split(Path.DirectorySeparatorChar)[0] is not ("artifacts" or ".git"))
            .Order(StringComparer.Ordinal),
    ];

    private sealed record BuildTask(string[] Depends, string? Description);
}
