using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Defragger.Tests.Pester.StandIn;

/// <summary>
/// One spec file in its two phases.
/// <list type="number">
/// <item>Discovery runs the file and the fixtures of its blocks; it only collects. What the file defines outside of
/// blocks ends with it.</item>
/// <item>The run walks the tree. Each block and each test is a scope of its own inside the scope of the block around
/// it, so that what BeforeAll defines is seen below and nowhere else.</item>
/// </list>
/// </summary>
internal sealed class Container
{
    [ThreadStatic]
    private static Container? s_current;

    private readonly string _path;
    private Block _block;
    private bool _discovering;

    public Container(string path)
    {
        _path = path;
        Root = _block = new Block(Path.GetFileName(path), null, SpecData.None, skip: false);
    }

    /// <summary>The container whose code runs on this thread: the cmdlets of the dialect have no other way to know.</summary>
    public static Container Current =>
        s_current ?? throw new InvalidOperationException("A command of the dialect works inside of a spec only.");

    public Block Root { get; }

    /// <summary>The block whose fixture is being discovered.</summary>
    public Block Discovering(string command) => _discovering
        ? _block
        : throw new InvalidOperationException($"{command} stands in a block, not in code that runs in a test.");

    /// <summary>Runs the file to collect its blocks and tests.</summary>
    /// <exception cref="RuntimeException">The file cannot be parsed, or it threw.</exception>
    public void Discover(Runspace runspace)
    {
        _discovering = true;
        // In a try, an error of a command ends the file. Outside of one it would end its own statement only.
        Invoke(runspace, "try { & $args[0] } catch { throw }", _path);
        _discovering = false;
    }

    public void Discover(Block block, ScriptBlock fixture)
    {
        Block around = _block;
        _block = block;
        new Frame([fixture], [], block.Data, () => { }, e => throw new RuntimeException(Describe(e)), _ => { }).Run();
        _block = around;
    }

    public void Run(Runspace runspace)
    {
        using var drive = new TestDrive(runspace.SessionStateProxy);
        Invoke(runspace, "$args[0].Invoke()", (Action)(() => Run(Root, drive)));
    }

    /// <summary>The message and the line of the spec. What the stand-in does not know is said to be that.</summary>
    public static string Describe(ErrorRecord error)
    {
        Exception cause = Cause(error.Exception);
        if (cause is ParameterBindingException { CommandInvocation: { MyCommand: CmdletInfo command } call }
            && command.ImplementingType?.Assembly == typeof(Container).Assembly)
        {
            cause = new UnknownDialectException($"{call.InvocationName}: {cause.Message}");
        }

        string where = error.InvocationInfo?.PositionMessage ?? "";
        return where.Length == 0 ? cause.Message : cause.Message + Environment.NewLine + where;
    }

    private static void Run(Block block, TestDrive drive)
    {
        foreach (Test test in block.Tests.Where(t => t.Skip))
            test.End(Outcome.Skipped, "-Skip");

        // As in Pester, a block without a test to run is not set up either.
        Test[] live = [.. block.Tests.Where(t => !t.Skip)];
        if (live.Length == 0)
            return;

        HashSet<string> before = drive.Contents();
        new Frame(
            Some(block.BeforeAll),
            Some(block.AfterAll),
            block.Data,
            () => RunChildren(block, drive),
            e =>
            {
                foreach (Test test in live.Where(t => t.Outcome == Outcome.NotRun))
                    test.End(Outcome.Failed, $"BeforeAll of '{block.Name}' failed: {Describe(e)}");
            },
            e => live[^1].End(Outcome.Failed, $"AfterAll of '{block.Name}' failed: {Describe(e)}")).Run();
        drive.RestoreTo(before);
    }

    private static void RunChildren(Block block, TestDrive drive)
    {
        foreach (Node child in block.Children)
        {
            if (child is Block inner)
                Run(inner, drive);
            else if (child is Test { Skip: false } test)
                Run(test);
        }
    }

    private static void Run(Test test)
    {
        var setup = new List<ScriptBlock>();
        var teardown = new List<ScriptBlock>();
        for (Block? block = test.Parent; block is not null; block = block.Parent)
        {
            setup.InsertRange(0, Some(block.BeforeEach));
            teardown.AddRange(Some(block.AfterEach));
        }

        setup.Add(test.Body);
        new Frame(setup, teardown, test.Data, () => test.End(Outcome.Passed), Fail, Fail).Run();

        void Fail(ErrorRecord error)
        {
            if (Cause(error.Exception) is TestSkippedException skipped)
                test.End(Outcome.Skipped, skipped.Message);
            else
                test.End(Outcome.Failed, Describe(error));
        }
    }

    private static Exception Cause(Exception exception)
    {
        while (exception is MethodInvocationException or CmdletInvocationException && exception.InnerException is { } inner)
            exception = inner;
        return exception;
    }

    private static ScriptBlock[] Some(ScriptBlock? block) => block is null ? [] : [block];

    private void Invoke(Runspace runspace, string script, object argument)
    {
        using PowerShell pipeline = PowerShell.Create(runspace);
        pipeline.AddScript(script, useLocalScope: true).AddArgument(argument);
        s_current = this;
        try
        {
            pipeline.Invoke();
        }
        finally
        {
            s_current = null;
        }
    }
}
