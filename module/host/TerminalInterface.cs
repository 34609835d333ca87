using System.Collections;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace Defragger.Host;

/// <summary>
/// <c>$Host.UI</c>: output to stdout, everything said about it to stderr, questions only to a person.
/// </summary>
internal sealed class TerminalInterface(Terminal terminal, Interrupts interrupts) : PSHostUserInterface
{
    private const string Reset = "\x1b[0m";

    /// <summary>ANSI's code for each ConsoleColor, foreground; a background is 10 more.</summary>
    private static ReadOnlySpan<byte> AnsiColours => [30, 34, 32, 36, 31, 35, 33, 37, 90, 94, 92, 96, 91, 95, 93, 97];

    public override PSHostRawUserInterface RawUI { get; } = new TerminalRawInterface(terminal);

    private bool _asError;

    /// <summary>The text of an information record whose line comes next; null when none does.</summary>
    private string? _information;

    // Text keeps its escape sequences until it is known which stream takes it; Plain() removes them there.
    public override bool SupportsVirtualTerminal => terminal.OutHasColour || terminal.ErrorHasColour;

    /// <summary>What is written meanwhile goes to stderr.</summary>
    public void ShowAsError(Action write)
    {
        _asError = true;
        try
        {
            write();
        }
        finally
        {
            _asError = false;
        }
    }

    public override void Write(string value)
    {
        if (_asError)
            terminal.WriteError(Plain(value, terminal.ErrorHasColour));
        else
            terminal.Write(Plain(value, terminal.OutHasColour));
    }

    public override void WriteLine() => Write(Environment.NewLine);

    public override void WriteLine(string value)
    {
        bool information = _information is not null && _information == value;
        _information = null;
        if (information)
            Tell("", value);
        else
            Write(value + Environment.NewLine);
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        terminal.Write(Coloured(foregroundColor, backgroundColor, value));

    public override void WriteLine(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        terminal.Write(Coloured(foregroundColor, backgroundColor, value) + Environment.NewLine);

    // The engine's own view of an error record arrives here line by line, red already where the view says so.
    public override void WriteErrorLine(string value) => Tell("", value);

    public override void WriteDebugLine(string message) =>
        Tell(PSStyle.Instance.Formatting.Debug, "DEBUG: " + message);

    public override void WriteVerboseLine(string message) =>
        Tell(PSStyle.Instance.Formatting.Verbose, "VERBOSE: " + message);

    public override void WriteWarningLine(string message) =>
        Tell(PSStyle.Instance.Formatting.Warning, "WARNING: " + message);

    // The engine announces a record here and then, if the preference says so, writes its text by WriteLine, the very
    // call that output takes. Only this order tells them apart. Write-Host (tag PSHOST) stays output, as in pwsh.
    public override void WriteInformation(InformationRecord record) =>
        _information = record.Tags.Contains("PSHOST") ? null : record.ToString();

    public override void WriteProgress(long sourceId, ProgressRecord record) =>
        terminal.Progress.Show(sourceId, record);

    public override string ReadLine()
    {
        RequirePerson("a line of input");
        return Wait(() => Console.In.ReadLine()) ?? "";
    }

    public override SecureString ReadLineAsSecureString()
    {
        RequirePerson("a secret");
        var secret = new SecureString();
        foreach (char c in Wait(ReadHidden))
            secret.AppendChar(c);
        secret.MakeReadOnly();
        return secret;
    }

    public override Dictionary<string, PSObject> Prompt(
        string caption, string message, Collection<FieldDescription> descriptions)
    {
        RequirePerson(string.Join(", ", descriptions.Select(d => d.Name)));
        Head(caption, message);
        var answers = new Dictionary<string, PSObject>(descriptions.Count);
        foreach (FieldDescription field in descriptions)
        {
            Type type = LanguagePrimitives.TryConvertTo(field.ParameterAssemblyFullName, out Type found)
                ? found
                : typeof(string);
            string label = string.IsNullOrEmpty(field.Label)
                ? field.Name
                : field.Label.Replace("&", "", StringComparison.Ordinal);
            answers[field.Name] = PSObject.AsPSObject(Ask(label, type));
        }

        return answers;
    }

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName) =>
        PromptForCredential(
            caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options)
    {
        RequirePerson("a credential");
        Head(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            terminal.WriteError("User: ");
            userName = ReadLine();
        }

        terminal.WriteError($"Password for user {userName}: ");
        return new PSCredential(userName, ReadLineAsSecureString());
    }

    public override int PromptForChoice(
        string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        RequirePerson(string.IsNullOrEmpty(message) ? caption : message);
        Head(caption, message);
        Choice[] table = [.. choices.Select(c => new Choice(c))];
        while (true)
        {
            string standard = defaultChoice >= 0 ? $" (default is \"{table[defaultChoice].Key}\")" : "";
            terminal.WriteError($"{string.Join("  ", table.Select(c => c.Offer))}  [?] Help{standard}: ");
            string answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
                return defaultChoice;
            if (answer == "?")
            {
                foreach (Choice choice in table)
                    terminal.WriteError($"{choice.Key} - {choice.Help}{Environment.NewLine}");
                continue;
            }

            int picked = Array.FindIndex(table, c => c.IsNamedBy(answer));
            if (picked >= 0)
                return picked;
        }
    }

    private static string Plain(string? text, bool colour) =>
        GetOutputString(text ?? "", supportsVirtualTerminal: colour);

    private string Coloured(ConsoleColor foreground, ConsoleColor background, string value)
    {
        if (!terminal.OutHasColour)
            return Plain(value, false);

        // No one asked for a background when it is the terminal's own, which RawUI tells as black.
        string codes = background == RawUI.BackgroundColor
            ? $"{AnsiColours[(int)foreground]}"
            : $"{AnsiColours[(int)foreground]};{AnsiColours[(int)background] + 10}";
        return $"\x1b[{codes}m{value}{Reset}";
    }

    private void Tell(string style, string message)
    {
        string text = style.Length == 0 ? message : style + message + Reset;
        terminal.WriteError(Plain(text, terminal.ErrorHasColour) + Environment.NewLine);
    }

    private void RequirePerson(string what)
    {
        if (!terminal.CanAsk)
        {
            throw new PSInvalidOperationException(
                $"Cannot ask for an answer ({what}): the input is not a terminal. "
                + "Give the value as a parameter, or -Confirm:false to go ahead.");
        }
    }

    private void Head(string caption, string message)
    {
        if (!string.IsNullOrEmpty(caption))
            terminal.WriteError(Environment.NewLine + caption + Environment.NewLine);
        if (!string.IsNullOrEmpty(message))
            terminal.WriteError(message + Environment.NewLine);
    }

    private object? Ask(string label, Type type)
    {
        if (type == typeof(SecureString))
        {
            terminal.WriteError($"{label}: ");
            return ReadLineAsSecureString();
        }

        if (type == typeof(PSCredential))
            return PromptForCredential("", label, "", "");

        // As pwsh asks for a list: one element a line, an empty line ends it.
        if (type.IsArray)
        {
            var list = new ArrayList();
            while (true)
            {
                terminal.WriteError($"{label}[{list.Count}]: ");
                string element = ReadLine();
                if (element.Length == 0)
                    return LanguagePrimitives.ConvertTo(list, type, CultureInfo.InvariantCulture);
                list.Add(element);
            }
        }

        while (true)
        {
            terminal.WriteError($"{label}: ");
            try
            {
                return LanguagePrimitives.ConvertTo(ReadLine(), type, CultureInfo.InvariantCulture);
            }
            catch (PSInvalidCastException e)
            {
                terminal.WriteError(e.Message + Environment.NewLine);
            }
        }
    }

    private static string ReadHidden()
    {
        var text = new System.Text.StringBuilder();
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    Console.Error.WriteLine();
                    return text.ToString();
                case ConsoleKey.Backspace:
                    if (text.Length > 0)
                        text.Length--;
                    break;
                default:
                    if (!char.IsControl(key.KeyChar))
                        text.Append(key.KeyChar);
                    break;
            }
        }
    }

    // A read from a terminal cannot be cancelled. It runs on a thread of its own, which ends with the process, so
    // that Ctrl+C at a question stops the pipeline at once instead of after the next Enter.
    private T Wait<T>(Func<T> read)
    {
        var answer = Task.Factory.StartNew(
            read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            answer.Wait(interrupts.Requested);
            return answer.Result;
        }
        catch (OperationCanceledException)
        {
            terminal.WriteError(Environment.NewLine);
            throw new PipelineStoppedException();
        }
    }

    /// <summary>"&amp;Yes" and its help: offered as "[Y] Yes", picked by "y" or "yes".</summary>
    private sealed class Choice
    {
        private readonly string _label;

        public Choice(ChoiceDescription description)
        {
            int mark = description.Label.IndexOf('&', StringComparison.Ordinal);
            _label = mark < 0 ? description.Label : description.Label.Remove(mark, 1);
            Key = mark >= 0 && mark < _label.Length ? char.ToUpperInvariant(_label[mark]).ToString() : _label;
            Help = description.HelpMessage;
        }

        public string Key { get; }

        public string? Help { get; }

        public string Offer => $"[{Key}] {_label}";

        public bool IsNamedBy(string answer) =>
            answer.Equals(Key, StringComparison.OrdinalIgnoreCase)
            || answer.Equals(_label, StringComparison.OrdinalIgnoreCase);
    }
}
