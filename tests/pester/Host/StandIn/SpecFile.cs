using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Defragger.Tests.Pester.StandIn;

/// <summary>The tests of one spec file, or why they cannot be known.</summary>
internal sealed record SpecFile(IReadOnlyList<Test> Tests, string? Error)
{
    public const string Notice =
        "Run by the stand-in for Pester's dialect in the hosted engine, not by Pester.";

    /// <summary>The commands of the dialect.</summary>
    private static readonly (string Name, Type Type)[] s_commands =
    [
        ("Describe", typeof(DescribeCommand)),
        ("Context", typeof(ContextCommand)),
        ("It", typeof(ItCommand)),
        ("BeforeAll", typeof(BeforeAllCommand)),
        ("AfterAll", typeof(AfterAllCommand)),
        ("BeforeEach", typeof(BeforeEachCommand)),
        ("AfterEach", typeof(AfterEachCommand)),
        ("BeforeDiscovery", typeof(BeforeDiscoveryCommand)),
        ("Should", typeof(ShouldCommand)),
        ("Set-ItResult", typeof(SetItResultCommand)),
    ];

    /// <summary>What Pester has and the stand-in has not. Named here, they fail with a message that says so.</summary>
    private static readonly string[] s_unknown =
    [
        "Add-ShouldOperator", "Assert-MockCalled", "Assert-VerifiableMock", "Get-ShouldOperator", "In", "InModuleScope",
        "Invoke-Pester", "Mock", "New-Fixture", "New-MockObject", "New-PesterConfiguration", "New-PesterContainer",
        "Should-Invoke", "Should-InvokeVerifiable",
    ];

    /// <summary>Discovery only.</summary>
    public static SpecFile Discover(string path) => Open(path, run: false);

    /// <summary>Discovery and run, in a runspace that nothing was done in before.</summary>
    public static SpecFile Run(string path) => Open(path, run: true);

    private static SpecFile Open(string path, bool run)
    {
        var container = new Container(path);
        InitialSessionState state = InitialSessionState.CreateDefault2();
        foreach ((string name, Type type) in s_commands)
        {
            // The engine finds a cmdlet by a name with a dash only, so that the others are known by an alias.
            string cmdlet = $"StandIn-{name.Replace("-", "", StringComparison.Ordinal)}";
            state.Commands.Add(new SessionStateCmdletEntry(cmdlet, type, helpFileName: null));
            state.Commands.Add(new SessionStateAliasEntry(name, cmdlet));
        }

        foreach (string name in s_unknown)
            state.Commands.Add(new SessionStateFunctionEntry(name, $"[{typeof(Refusal).FullName}]::Throw('{name}')"));
        state.ThreadOptions = PSThreadOptions.UseCurrentThread;
        using Runspace runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        runspace.SessionStateProxy.Path.SetLocation(Repository.Root);
        try
        {
            container.Discover(runspace);
        }
        catch (RuntimeException e)
        {
            return new SpecFile([], $"Discovery failed: {Container.Describe(e.ErrorRecord)}");
        }

        Test[] tests = [.. container.Root.Tests];
        if (!run)
            return new SpecFile(tests, null);
        try
        {
            container.Run(runspace);
        }
        catch (RuntimeException e)
        {
            foreach (Test test in tests.Where(t => t.Outcome == Outcome.NotRun))
                test.End(Outcome.Failed, $"The run ended before this test: {Container.Describe(e.ErrorRecord)}");
        }

        return new SpecFile(tests, null);
    }
}

/// <summary>What the commands that are not there do.</summary>
public static class Refusal
{
    public static void Throw(string command) => throw new UnknownDialectException($"{command}.");
}
