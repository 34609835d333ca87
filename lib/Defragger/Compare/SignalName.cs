namespace Defragger.Compare;

/// <summary>Names of Linux signals, for messages.</summary>
internal static class SignalName
{
    private static readonly string?[] s_names =
    [
        null, "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
        "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
        "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>"signal 9 (SIGKILL)"; real-time signals have a number only.</summary>
    public static string Of(int signal) =>
        signal > 0 && signal < s_names.Length ? $"signal {signal} ({s_names[signal]})" : $"signal {signal}";
}
