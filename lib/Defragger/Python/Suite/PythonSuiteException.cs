namespace Defragger.Python.Suite;

/// <summary>The suite cannot run: a Python does not start, the two are not of one version, or the tests are not installed. The
/// message says what to do.</summary>
public sealed class PythonSuiteException(string message, Exception? inner = null) : Exception(message, inner);
