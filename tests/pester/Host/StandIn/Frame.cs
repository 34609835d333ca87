using System.Management.Automation;

namespace Defragger.Tests.Pester.StandIn;

/// <summary>
/// What runs in one scope: data, setup, body, teardown. Script, because only script can open a scope and dot a block of
/// the user's into it; constant, and invoked unbound, so that it runs in the session state of the spec. All that it adds
/// to the scope is one variable with an odd name.
/// <list type="number">
/// <item>The body runs only after all of setup; teardown runs always, each part of it.</item>
/// <item>A break or continue that leaves a user's block is a failure: 'do until' catches it, and what comes after the
/// block in there does not happen. Without that it would leave our loop, and the test would pass in silence.</item>
/// </list>
/// </summary>
internal sealed class Frame(
    IReadOnlyList<ScriptBlock> setup,
    IReadOnlyList<ScriptBlock> teardown,
    SpecData data,
    Action body,
    Action<ErrorRecord> fail,
    Action<ErrorRecord> failTeardown)
{
    private static readonly ScriptBlock s_script = ScriptBlock.Create(
        """
        param($______frame)
        try {
            $______frame.Define($ExecutionContext.SessionState.PSVariable)
            while ($______frame.NextSetup()) {
                do { $null = . $______frame.Step; $______frame.CompleteStep() } until ($true)
                $______frame.RequireCompleted()
            }
            $______frame.Body()
        }
        catch { $______frame.Fail($_) }
        while ($______frame.NextTeardown()) {
            try {
                do { $null = . $______frame.Step; $______frame.CompleteStep() } until ($true)
                $______frame.RequireCompleted()
            }
            catch { $______frame.FailTeardown($_) }
        }
        """);

    private int _setup;
    private int _teardown;
    private bool _completed;

    /// <summary>The user's block that runs next.</summary>
    public ScriptBlock? Step { get; private set; }

    /// <summary>Opens a scope inside the current one and runs all of it there.</summary>
    public void Run() => s_script.Invoke(this);

    public void Define(PSVariableIntrinsics variables) => data.Define(variables);

    public bool NextSetup() => Next(setup, ref _setup);

    public bool NextTeardown() => Next(teardown, ref _teardown);

    public void CompleteStep() => _completed = true;

    public void RequireCompleted()
    {
        if (!_completed)
            throw new InvalidOperationException("A break or continue outside of a loop left the block.");
    }

    public void Body() => body();

    public void Fail(ErrorRecord error) => fail(error);

    public void FailTeardown(ErrorRecord error) => failTeardown(error);

    private bool Next(IReadOnlyList<ScriptBlock> steps, ref int index)
    {
        if (index == steps.Count)
            return false;
        Step = steps[index++];
        _completed = false;
        return true;
    }
}
