namespace Defragger.Python.Suite;

/// <summary>Which tests run under which Pythons.</summary>
public sealed record SuiteOptions
{
    /// <summary>The path of the Python as it was installed or built.</summary>
    public required string Stock { get; init; }

    /// <summary>The path of the same Python on our malloc.</summary>
    public required string Python { get; init; }

    /// <summary>The path of <c>defrag-launch</c>, which starts and bounds each run.</summary>
    public required string Launcher { get; init; }

    /// <summary>The test files, by the names that <c>python -m test</c> takes.</summary>
    public IReadOnlyList<string> Files { get; init; } = StandardTests.Default;

    /// <summary>Time for one file under one Python; then it and all that it started are ended, which counts as its
    /// failure.</summary>
    public TimeSpan FileTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a file with a new failure runs again, on both: a test that passes then is told apart as
    /// unstable.</summary>
    public int Retries { get; init; } = 1;
}
