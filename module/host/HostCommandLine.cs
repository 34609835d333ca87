namespace Defragger.Host;

internal enum HostAction
{
    Help,
    Version,

    /// <summary>Run the words after <c>--</c>: a cmdlet and its arguments.</summary>
    Words,

    /// <summary>Run the text after <c>-c</c> as PowerShell.</summary>
    Text,
}

/// <summary>The numbers that a caller of <c>defrag-host</c> can rely on.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>The text or command ended in an error.</summary>
    public const int Failed = 1;

    /// <summary>The call itself is wrong: unknown option, module that cannot be loaded, unknown parameter.</summary>
    public const int BadCall = 3;
}

/// <summary>A command line that says nothing that can be done.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>What the command line asks for, as data.</summary>
internal sealed record HostCommandLine(HostAction Action, string? Module, string Text, IReadOnlyList<string> Words)
{
    public const string Usage =
        """
        usage: defrag-host --module PATH.psd1 -- CMDLET [WORD...]   run a cmdlet; words are its arguments as they are
               defrag-host [--module PATH.psd1] -c TEXT             run PowerShell text
               defrag-host --version
        """;

    public static HostCommandLine Parse(IReadOnlyList<string> args)
    {
        string? module = null;
        for (int i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "-h" or "--help":
                    return new(HostAction.Help, null, "", []);
                case "--version":
                    return new(HostAction.Version, null, "", []);
                case "--module":
                    // A relative path without "./" would be taken for a module's name.
                    module = Path.GetFullPath(Value(args, ref i));
                    break;
                case "-c":
                    string text = Value(args, ref i);
                    return i == args.Count - 1
                        ? new(HostAction.Text, module, text, [])
                        : throw new UsageException($"nothing may follow the text of -c, but '{args[i + 1]}' does.");
                case "--":
                    string[] words = [.. args.Skip(i + 1)];
                    return words.Length > 0
                        ? new(HostAction.Words, module, "", words)
                        : throw new UsageException("a cmdlet's name must follow '--'.");
                default:
                    throw new UsageException($"unknown option '{args[i]}'.");
            }
        }

        throw new UsageException("neither '-- CMDLET' nor '-c TEXT' was given.");
    }

    private static string Value(IReadOnlyList<string> args, ref int i) =>
        i + 1 < args.Count ? args[++i] : throw new UsageException($"'{args[i]}' needs a value.");
}
