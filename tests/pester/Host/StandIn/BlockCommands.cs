using System.Management.Automation;

namespace Defragger.Tests.Pester.StandIn;

/// <summary>Set-ItResult -Skipped leaves the test by this.</summary>
internal sealed class TestSkippedException(string reason) : Exception(reason);

/// <summary>Describe and Context are one thing with two names.</summary>
public abstract class BlockCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1)]
    public ScriptBlock Fixture { get; set; } = null!;

    [Parameter]
    public string[] Tag { get; set; } = [];

    [Parameter]
    public SwitchParameter Skip { get; set; }

    [Parameter]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? ForEach { get; set; }

    protected override void ProcessRecord()
    {
        Container container = Container.Current;
        Block parent = container.Discovering(MyInvocation.InvocationName);
        foreach (SpecData data in SpecData.Of(MyInvocation.BoundParameters.ContainsKey(nameof(ForEach)), ForEach))
        {
            var block = new Block(data.Fill(Name, parent), parent, data, Skip);
            parent.Children.Add(block);
            container.Discover(block, Fixture);
        }
    }
}

[Cmdlet("Describe", "Block")]
public sealed class DescribeCommand : BlockCommand;

[Cmdlet("Context", "Block")]
public sealed class ContextCommand : BlockCommand;

/// <summary>One test, or one for each element of its data.</summary>
[Cmdlet("It", "Test")]
public sealed class ItCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public string Name { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1)]
    public ScriptBlock Test { get; set; } = null!;

    [Parameter]
    [Alias("TestCases")]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? ForEach { get; set; }

    [Parameter]
    public string[] Tag { get; set; } = [];

    [Parameter]
    public SwitchParameter Skip { get; set; }

    protected override void ProcessRecord()
    {
        Block parent = Container.Current.Discovering("It");
        if (parent.Parent is null)
            throw new InvalidOperationException("It must be in a Describe or Context.");
        foreach (SpecData data in SpecData.Of(MyInvocation.BoundParameters.ContainsKey(nameof(ForEach)), ForEach))
            parent.Children.Add(new Test(data.Fill(Name, parent), parent, data, Skip, Test));
    }
}

/// <summary>BeforeAll, AfterAll, BeforeEach, AfterEach: the block keeps one of each.</summary>
public abstract class StepCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public ScriptBlock Scriptblock { get; set; } = null!;

    internal abstract ScriptBlock? Slot(Block block, ScriptBlock step);

    protected override void ProcessRecord()
    {
        string name = MyInvocation.InvocationName;
        Block block = Container.Current.Discovering(name);
        if (this is not (BeforeAllCommand or AfterAllCommand) && block.Parent is null)
            throw new InvalidOperationException($"{name} must be in a Describe or Context.");
        if (Slot(block, Scriptblock) is not null)
            throw new InvalidOperationException($"'{block.Name}' has more than one {name}.");
    }
}

[Cmdlet("Before", "All")]
public sealed class BeforeAllCommand : StepCommand
{
    internal override ScriptBlock? Slot(Block block, ScriptBlock step)
    {
        (ScriptBlock? old, block.BeforeAll) = (block.BeforeAll, step);
        return old;
    }
}

[Cmdlet("After", "All")]
public sealed class AfterAllCommand : StepCommand
{
    internal override ScriptBlock? Slot(Block block, ScriptBlock step)
    {
        (ScriptBlock? old, block.AfterAll) = (block.AfterAll, step);
        return old;
    }
}

[Cmdlet("Before", "Each")]
public sealed class BeforeEachCommand : StepCommand
{
    internal override ScriptBlock? Slot(Block block, ScriptBlock step)
    {
        (ScriptBlock? old, block.BeforeEach) = (block.BeforeEach, step);
        return old;
    }
}

[Cmdlet("After", "Each")]
public sealed class AfterEachCommand : StepCommand
{
    internal override ScriptBlock? Slot(Block block, ScriptBlock step)
    {
        (ScriptBlock? old, block.AfterEach) = (block.AfterEach, step);
        return old;
    }
}

/// <summary>Code for discovery only, in the scope of the block: what it sets, -ForEach below can use.</summary>
[Cmdlet("Before", "Discovery")]
public sealed class BeforeDiscoveryCommand : PSCmdlet
{
    private static readonly ScriptBlock s_dot = ScriptBlock.Create(". $args[0]");

    [Parameter(Mandatory = true, Position = 0)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    protected override void ProcessRecord()
    {
        Container.Current.Discovering("BeforeDiscovery");
        SessionState.InvokeCommand.InvokeScript(false, s_dot, null, ScriptBlock);
    }
}

/// <summary>Ends the running test as skipped.</summary>
[Cmdlet(VerbsCommon.Set, "ItResult")]
public sealed class SetItResultCommand : PSCmdlet
{
    [Parameter(Mandatory = true)]
    public SwitchParameter Skipped { get; set; }

    [Parameter]
    public string Because { get; set; } = "";

    protected override void ProcessRecord() => ThrowTerminatingError(new ErrorRecord(
        new TestSkippedException(Because.Length == 0 ? "is skipped" : $"is skipped, because {Because}"),
        "PesterTestSkipped",
        ErrorCategory.InvalidResult,
        null));
}
