using System.Globalization;
using System.Text;

namespace Defragger.Host;

/// <summary>
/// The three standard streams: which of them is a terminal, how wide it is, whether it takes colour. Everything that
/// the process writes passes through here, so that a progress line is never torn and never ends up in the output.
/// </summary>
internal sealed class Terminal : IDisposable
{
    /// <summary>The width of output that goes to a file or a pipe: fits most reports, as pwsh's own 120.</summary>
    private const int DefaultWidth = 120;
    private const int DefaultHeight = 50;

    private readonly Lock _gate = new();
    private readonly StreamWriter _out;
    private readonly StreamWriter _error;

    public Terminal()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        _out = new StreamWriter(Console.OpenStandardOutput(), utf8) { AutoFlush = true };
        _error = new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true };

        // Code that writes to Console by itself must meet the same writers, or its lines would overtake ours.
        Console.SetOut(TextWriter.Synchronized(_out));
        Console.SetError(TextWriter.Synchronized(_error));

        // https://no-color.org: set and not empty; TERM=dumb takes no escape sequences at all.
        bool colour = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") != "dumb";
        OutIsTerminal = !Console.IsOutputRedirected;
        ErrorIsTerminal = !Console.IsErrorRedirected;
        OutHasColour = colour && OutIsTerminal;
        ErrorHasColour = colour && ErrorIsTerminal;
        CanAsk = !Console.IsInputRedirected && ErrorIsTerminal;
        Progress = new ProgressLine(_error, ErrorIsTerminal, () => Width, _gate);
    }

    public ProgressLine Progress { get; }

    public bool OutIsTerminal { get; }

    public bool ErrorIsTerminal { get; }

    public bool OutHasColour { get; }

    public bool ErrorHasColour { get; }

    /// <summary>Whether a person can be asked: answers come from a terminal, and the question can be seen.</summary>
    public bool CanAsk { get; }

    /// <summary>Columns: what COLUMNS says, else the terminal's own, else 120.</summary>
    public int Width
    {
        get
        {
            string? columns = Environment.GetEnvironmentVariable("COLUMNS");
            if (int.TryParse(columns, NumberStyles.None, CultureInfo.InvariantCulture, out int width) && width > 0)
                return width;
            return OutIsTerminal || ErrorIsTerminal ? Measure(() => Console.WindowWidth, DefaultWidth) : DefaultWidth;
        }
    }

    public int Height =>
        OutIsTerminal || ErrorIsTerminal ? Measure(() => Console.WindowHeight, DefaultHeight) : DefaultHeight;

    public void Write(string text) => Write(_out, text);

    public void WriteError(string text) => Write(_error, text);

    public void Dispose()
    {
        _out.Flush();
        _error.Flush();
    }

    private void Write(StreamWriter writer, string text)
    {
        lock (_gate)
        {
            Progress.Clear();
            writer.Write(text);

            // Below the last line, as pwsh keeps it; an open line, a prompt say, is left alone.
            if (text.EndsWith('\n'))
                Progress.Restore();
        }
    }

    // A terminal can refuse to tell its size (a serial line, a pty without one): 0 or an exception.
    private static int Measure(Func<int> read, int otherwise)
    {
        try
        {
            return read() is > 0 and int size ? size : otherwise;
        }
        catch (IOException)
        {
            return otherwise;
        }
    }
}
