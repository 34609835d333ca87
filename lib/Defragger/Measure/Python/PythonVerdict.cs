namespace Defragger.Measure.Python;

/// <summary>Why a Python program holds memory.</summary>
public enum MemoryCause
{
    /// <summary>No cause stands out: it holds little, or what it held it gave back.</summary>
    None,

    /// <summary>Objects that refer to each other wait for the garbage collector.</summary>
    ReferenceCycles,

    /// <summary>Objects that can be reached become more and more.</summary>
    Growth,

    /// <summary>Freed memory cannot go back, for something lives on its pages.</summary>
    Fragmentation,

    /// <summary>Memory that no Python object owns: a C library's.</summary>
    Native,
}

/// <summary>What is wrong with a Python program's memory, with what proves it and what to do.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Bytes">The memory that it accounts for.</param>
/// <param name="Share">Its share of the most that the program held, 0 to 1; for fragmentation of what it holds at the end.</param>
/// <param name="Summary">The proof, in a sentence.</param>
/// <param name="Advice">What to do, in a sentence.</param>
/// <param name="Types">The types to look at, the most first: objects in cycles; else bytes of what is there more at the end than at the start, or where
/// that has gone by then objects at the last census.</param>
/// <param name="Sites">The lines to look at: where the program was while its memory grew.</param>
/// <param name="Figures">The figures.</param>
public sealed record PythonVerdict(
    MemoryCause Cause, long Bytes, double Share, string Summary, string Advice,
    IReadOnlyList<TypeAmount> Types, IReadOnlyList<string> Sites, PythonFigures Figures);
