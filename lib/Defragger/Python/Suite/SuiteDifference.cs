namespace Defragger.Python.Suite;

/// <summary>In what a test differs from stock Python to ours.</summary>
public enum SuiteDifferenceKind
{
    /// <summary>It fails on ours, in every run, and never on stock.</summary>
    NewFailure,

    /// <summary>The same, but the test asks for stock Python's own allocator by name: <see cref="ByDesign"/>.</summary>
    ByDesign,

    /// <summary>It fails on stock and not on ours.</summary>
    Fixed,

    /// <summary>It runs on stock, and not on ours.</summary>
    NotRun,

    /// <summary>It fails in some of several runs on the same Python, and so tells nothing.</summary>
    Unstable,
}

/// <summary>A test that ends differently on stock Python and on ours.</summary>
/// <param name="Test">Its name, or <see cref="WholeFile"/>.</param>
/// <param name="Kind">In what it differs.</param>
/// <param name="Reason">Of a difference by design: why. Else what the test told on the Python on which it failed.</param>
public sealed record SuiteDifference(string Test, SuiteDifferenceKind Kind, string Reason)
{
    /// <summary>Stands for the test where a file failed as a whole: it crashed, hung, or could not be loaded.</summary>
    public const string WholeFile = "(the whole file)";
}
