namespace Defragger.Help;

/// <summary>What a page tells of one cmdlet. Text is in paragraphs, without Markdown.</summary>
/// <remarks>
/// Only what a person has to write is here. Syntax, types, defaults, aliases, positions, pipeline input and accepted
/// values are not: they come from the compiled cmdlet (<see cref="CmdletFacts"/>), which cannot disagree with itself.
/// </remarks>
internal sealed record HelpPage
{
    /// <summary>The file, for messages.</summary>
    public required string Path { get; init; }

    /// <summary>The cmdlet.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence or two.</summary>
    public required string Synopsis { get; init; }

    public required IReadOnlyList<string> Description { get; init; }

    public required IReadOnlyList<HelpExample> Examples { get; init; }

    /// <summary>In the order of the page.</summary>
    public required IReadOnlyList<HelpParameter> Parameters { get; init; }

    /// <summary>What of the pipeline's objects is taken.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>What comes out.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Names of cmdlets and documents to read next.</summary>
    public required IReadOnlyList<string> Links { get; init; }
}

/// <summary>An example: code that can be run as it stands.</summary>
internal sealed record HelpExample(string Title, string Code, IReadOnlyList<string> Remarks);

/// <summary>What a page says of a parameter.</summary>
/// <param name="Name">Without the dash.</param>
/// <param name="Text">Its paragraphs.</param>
/// <param name="Line">The line of its heading, from 1 on.</param>
internal sealed record HelpParameter(string Name, IReadOnlyList<string> Text, int Line);
