using System.Globalization;
using System.Management.Automation.Host;
using System.Reflection;

namespace Defragger.Host;

/// <summary>What the engine sees as <c>$Host</c>.</summary>
internal sealed class TerminalHost(Terminal terminal, Interrupts interrupts) : PSHost
{
    private readonly TerminalInterface _interface = new(terminal, interrupts);

    /// <summary>The N of <c>exit N</c>, or null when the text did not say exit.</summary>
    public int? ExitCode { get; private set; }

    public override string Name => "DefragHost";

    public override Version Version => Assembly.GetExecutingAssembly().GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => _interface;

    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    /// <summary>What is written meanwhile is no output: it goes to stderr.</summary>
    public void ShowAsError(Action write) => _interface.ShowAsError(write);

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt() =>
        throw new NotSupportedException("defrag-host runs one command; it has no prompt to suspend into.");

    public override void ExitNestedPrompt() =>
        throw new NotSupportedException("defrag-host runs one command; it has no nested prompt to leave.");

    /// <summary>A native program is about to write to the terminal by itself: the progress line makes room.</summary>
    public override void NotifyBeginApplication() => terminal.Progress.Clear();

    public override void NotifyEndApplication()
    {
    }
}
