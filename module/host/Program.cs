// defrag-host: runs a cmdlet, or PowerShell text, where there is no pwsh.
//
//     words -> HostCommandLine -> ConsoleSession (engine, module, one pipeline) -> exit code
//
// Invariants
//   1. stdout has only what the command put out (and what it says to the host as plain text: "What if: ...").
//      Errors, warnings, verbose, debug, information, progress and prompts go to stderr.
//   2. A word of the command line is never read as code. Text is code only after -c.
//   3. A first SIGINT or SIGTERM stops the pipeline, so that StopProcessing runs and children end; the process then
//      ends with 128 + signal. A second one ends it at once.
using Defragger.Host;

try
{
    HostCommandLine line = HostCommandLine.Parse(args);
    return line.Action switch
    {
        HostAction.Version => Say(ConsoleSession.VersionText),
        HostAction.Help => Say(HostCommandLine.Usage),
        _ => Run(line),
    };
}
catch (UsageException e)
{
    Console.Error.WriteLine($"defrag-host: {e.Message}");
    Console.Error.WriteLine(HostCommandLine.Usage);
    return ExitCodes.BadCall;
}

static int Say(string text)
{
    Console.Out.WriteLine(text);
    return ExitCodes.Success;
}

static int Run(HostCommandLine line)
{
    using var interrupts = new Interrupts();
    using var terminal = new Terminal();
    int code;
    using (var session = new ConsoleSession(terminal, interrupts))
        code = session.Run(line);
    terminal.Progress.Clear();
    code = interrupts.ExitCode ?? code;

    // A thread that a module left behind must not keep a finished command alive.
    Environment.Exit(code);
    return code;
}
