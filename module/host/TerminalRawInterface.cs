using System.Management.Automation.Host;

namespace Defragger.Host;

/// <summary>
/// The terminal as a grid. The formatter asks it for the width only; what needs a cell buffer, which Unix terminals
/// do not have, says so.
/// </summary>
internal sealed class TerminalRawInterface(Terminal terminal) : PSHostRawUserInterface
{
    private const string NoBuffer = "This terminal has no screen buffer that could be read or written.";

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override Size BufferSize
    {
        get => new(terminal.Width, terminal.Height);
        set => throw new NotSupportedException(NoBuffer);
    }

    public override Size WindowSize
    {
        get => BufferSize;
        set => throw new NotSupportedException(NoBuffer);
    }

    public override Size MaxWindowSize => BufferSize;

    public override Size MaxPhysicalWindowSize => BufferSize;

    public override Coordinates CursorPosition
    {
        get => throw new NotSupportedException(NoBuffer);
        set => throw new NotSupportedException(NoBuffer);
    }

    public override Coordinates WindowPosition
    {
        get => new(0, 0);
        set => throw new NotSupportedException(NoBuffer);
    }

    public override int CursorSize { get; set; } = 25;

    public override string WindowTitle { get; set; } = "defrag-host";

    public override bool KeyAvailable => terminal.CanAsk && Console.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        if (!terminal.CanAsk)
            throw new InvalidOperationException("Cannot wait for a key: the input is not a terminal.");
        ConsoleKeyInfo key = Console.ReadKey(intercept: options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, default, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
            Console.ReadKey(intercept: true);
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw new NotSupportedException(NoBuffer);

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) =>
        throw new NotSupportedException(NoBuffer);

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) =>
        throw new NotSupportedException(NoBuffer);

    public override void ScrollBufferContents(
        Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
        throw new NotSupportedException(NoBuffer);
}
