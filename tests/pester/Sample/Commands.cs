using System.Collections;
using System.Management.Automation;

namespace Defragger.Sample;

/// <summary>What a command received: every bound parameter, word by word.</summary>
public sealed record Received(
    string Path,
    IReadOnlyList<string> Include,
    int Count,
    bool Force,
    bool? Maybe,
    IDictionary Limit,
    IReadOnlyList<string> Rest);

/// <summary>Makes a hashtable of "key=value" words, as the module's own transformations do.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class KeyValueAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc />
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (LanguagePrimitives.GetEnumerable(inputData) is not { } words)
            words = new[] { inputData };
        var table = new Hashtable();
        foreach (object word in words)
        {
            if (word is IDictionary given)
                return given;
            string[] pair = $"{word}".Split('=', 2);
            table[pair[0]] = pair.Length > 1 ? pair[1] : "";
        }

        return table;
    }
}

/// <summary>Gives back what it received, with a switch for every way to bind a word.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Word", SupportsShouldProcess = true)]
[OutputType(typeof(Received))]
public sealed class TestWordCommand : PSCmdlet
{
    /// <summary>A positional word.</summary>
    [Parameter(Position = 0)]
    [Alias("FullName")]
    public string Path { get; set; } = "";

    /// <summary>Several words, one at each mention.</summary>
    [Parameter]
    public string[] Include { get; set; } = [];

    /// <summary>A number: -5 is a value.</summary>
    [Parameter]
    public int Count { get; set; }

    /// <summary>On or off.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>On, off or not said.</summary>
    [Parameter]
    public bool? Maybe { get; set; }

    /// <summary>Words that become a table.</summary>
    [Parameter]
    [KeyValue]
    public Hashtable Limit { get; set; } = [];

    /// <summary>All that is left.</summary>
    [Parameter(ValueFromRemainingArguments = true)]
    public string[] Rest { get; set; } = [];

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        if (ShouldProcess(Path, "Receive"))
            WriteObject(new Received(Path, Include, Count, Force, Maybe, Limit, Rest));
    }
}

/// <summary>Ends as it is told to.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Ending")]
public sealed class InvokeEndingCommand : PSCmdlet
{
    /// <summary>The number that is left in $LASTEXITCODE when <see cref="ExitCode" /> is set.</summary>
    [Parameter(Position = 0)]
    public int Number { get; set; }

    /// <summary>Write an error record and go on.</summary>
    [Parameter]
    public SwitchParameter Bad { get; set; }

    /// <summary>End with a terminating error.</summary>
    [Parameter]
    public SwitchParameter Terminate { get; set; }

    /// <summary>Leave the number.</summary>
    [Parameter]
    public SwitchParameter ExitCode { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        var error = new ErrorRecord(
            new InvalidOperationException("It went wrong."), "SampleWrong", ErrorCategory.InvalidOperation, Number);
        if (Bad)
            WriteError(error);
        if (Terminate)
            ThrowTerminatingError(error);
        if (ExitCode)
            SessionState.PSVariable.Set("global:LASTEXITCODE", Number);
        WriteObject(Number);
    }
}

/// <summary>Has neither a switch -ExitCode nor success.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Everything")]
public sealed class StopEverythingCommand : PSCmdlet
{
    /// <inheritdoc />
    protected override void ProcessRecord() => ThrowTerminatingError(new ErrorRecord(
        new InvalidOperationException("Everything stopped."), "SampleStopped", ErrorCategory.OperationStopped, null));
}

/// <summary>Says something on every stream.</summary>
[Cmdlet(VerbsCommunications.Write, "Everything")]
public sealed class WriteEverythingCommand : PSCmdlet
{
    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        WriteWarning("a warning");
        WriteVerbose("a verbose line");
        WriteInformation("an information", []);
        WriteProgress(new ProgressRecord(1, "Working", "half way") { PercentComplete = 50 });
        WriteError(new ErrorRecord(
            new InvalidOperationException("an error"), "SampleError", ErrorCategory.NotSpecified, null));
        WriteObject("the output");
    }
}

/// <summary>Waits until it is stopped and leaves a note that it was.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Forever")]
public sealed class WaitForeverCommand : PSCmdlet, IDisposable
{
    private readonly ManualResetEventSlim _stopped = new();

    /// <summary>A file that gets "waiting", then "stopped".</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string Note { get; set; } = "";

    /// <summary>Do not stop when asked to.</summary>
    [Parameter]
    public SwitchParameter Stubborn { get; set; }

    /// <inheritdoc />
    public void Dispose() => _stopped.Dispose();

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        File.WriteAllText(Note, "waiting");
        _stopped.Wait();
        File.WriteAllText(Note, "stopped");
    }

    /// <inheritdoc />
    protected override void StopProcessing()
    {
        if (!Stubborn)
            _stopped.Set();
    }
}
