using System.Management.Automation;

namespace Defragger.Tests.Pester.StandIn;

/// <summary>How a test ended. A test that nothing was said about has not run, which is never a pass.</summary>
internal enum Outcome
{
    NotRun,
    Passed,
    Failed,
    Skipped,
}

/// <summary>What blocks and tests share: a name, the data of -ForEach, and where they stand.</summary>
internal abstract class Node(string name, Block? parent, SpecData data, bool skip)
{
    public string Name { get; } = name;

    public Block? Parent { get; } = parent;

    public SpecData Data { get; } = data;

    /// <summary>-Skip, here or on a block around it.</summary>
    public bool Skip { get; } = skip || parent is { Skip: true };
}

/// <summary>Describe, Context, or the file itself, which is the one without a parent.</summary>
internal sealed class Block(string name, Block? parent, SpecData data, bool skip) : Node(name, parent, data, skip)
{
    /// <summary>Blocks and tests in the order of the file.</summary>
    public List<Node> Children { get; } = [];

    public ScriptBlock? BeforeAll { get; set; }

    public ScriptBlock? AfterAll { get; set; }

    public ScriptBlock? BeforeEach { get; set; }

    public ScriptBlock? AfterEach { get; set; }

    public IEnumerable<Test> Tests => Children.SelectMany(c => c is Block block ? block.Tests : [(Test)c]);
}

/// <summary>One It with one element of its data.</summary>
internal sealed class Test(string name, Block parent, SpecData data, bool skip, ScriptBlock body)
    : Node(name, parent, data, skip)
{
    public ScriptBlock Body { get; } = body;

    public Outcome Outcome { get; private set; }

    public string Message { get; private set; } = "";

    /// <summary>"Describe > Context > It"</summary>
    public string FullName
    {
        get
        {
            string path = Name;
            for (Block block = Parent!; block.Parent is not null; block = block.Parent)
                path = $"{block.Name} > {path}";
            return path;
        }
    }

    /// <summary>A failure stays: a later success (of AfterEach, say) does not take it back.</summary>
    public void End(Outcome outcome, string message = "")
    {
        if (Outcome == Outcome.Failed)
        {
            Message += message.Length == 0 ? "" : Environment.NewLine + message;
            return;
        }

        Outcome = outcome;
        Message = message;
    }
}
