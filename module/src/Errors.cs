using System.Management.Automation;

namespace Defragger.PowerShell;

/// <summary>Every error that the module reports, in one place. The ids are API: scripts test for them.</summary>
/// <param name="Id">The stable part of FullyQualifiedErrorId.</param>
/// <param name="Category">What kind of error it is.</param>
internal readonly record struct ErrorKind(string Id, ErrorCategory Category)
{
    // Bad calls: terminating, exit code 3.
    public static readonly ErrorKind PlatformNotSupported = new("PlatformNotSupported", ErrorCategory.NotImplemented);
    public static readonly ErrorKind ModuleIncomplete = new("ModuleIncomplete", ErrorCategory.NotInstalled);
    public static readonly ErrorKind BaselineNotFound = new("BaselineNotFound", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind CandidateNotFound = new("CandidateNotFound", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind DirectoryAndFile = new("DirectoryAndFile", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind InvalidMemoryTier = new("InvalidMemoryTier", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind InvalidMemorySize = new("InvalidMemorySize", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind InvalidFormat = new("InvalidFormat", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind InvalidKey = new("InvalidKey", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind InvalidTolerance = new("InvalidTolerance", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind InvalidIgnoreRule = new("InvalidIgnoreRule", ErrorCategory.InvalidData);
    public static readonly ErrorKind InvalidCommand = new("InvalidCommand", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind CommandNotFound = new("CommandNotFound", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind ManifestNotReadable = new("ManifestNotReadable", ErrorCategory.ReadError);
    public static readonly ErrorKind OutputExists = new("OutputExists", ErrorCategory.ResourceExists);
    public static readonly ErrorKind OutputNotWritable = new("OutputNotWritable", ErrorCategory.WriteError);
    public static readonly ErrorKind JournalDamaged = new("JournalDamaged", ErrorCategory.InvalidData);
    public static readonly ErrorKind ClusterNotUsable = new("ClusterNotUsable", ErrorCategory.ResourceUnavailable);
    public static readonly ErrorKind InvalidSlurmOption = new("InvalidSlurmOption", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind NotForEngine = new("NotForEngine", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind NoRun = new("NoRun", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind NoChange = new("NoChange", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind InvalidPlot = new("InvalidPlot", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind NoCase = new("NoCase", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind HistoryNotUsable = new("HistoryNotUsable", ErrorCategory.ResourceUnavailable);
    public static readonly ErrorKind InvalidHistory = new("InvalidHistory", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind InvalidHistoryFile = new("InvalidHistoryFile", ErrorCategory.InvalidData);

    // A program that was to run on our malloc.
    public static readonly ErrorKind DirectoryNotFound = new("DirectoryNotFound", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind InvalidSetting = new("InvalidSetting", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind ProgramNotPreloadable = new("ProgramNotPreloadable", ErrorCategory.PermissionDenied);
    public static readonly ErrorKind ProgramNotStarted = new("ProgramNotStarted", ErrorCategory.OpenError);

    // Pythons: bad calls, and what is not there.
    public static readonly ErrorKind PythonNotFound = new("PythonNotFound", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind PythonNotSupported = new("PythonNotSupported", ErrorCategory.NotImplemented);
    public static readonly ErrorKind ToolMissing = new("ToolMissing", ErrorCategory.NotInstalled);
    public static readonly ErrorKind HashMismatch = new("HashMismatch", ErrorCategory.SecurityError);
    public static readonly ErrorKind DestinationExists = new("DestinationExists", ErrorCategory.ResourceExists);
    public static readonly ErrorKind NotDefragPython = new("NotDefragPython", ErrorCategory.PermissionDenied);
    public static readonly ErrorKind PythonRecordDamaged = new("PythonRecordDamaged", ErrorCategory.InvalidData);
    public static readonly ErrorKind PythonRemoveFailed = new("PythonRemoveFailed", ErrorCategory.WriteError);

    // A Python that could not be built, or is not what it should be.
    public static readonly ErrorKind PythonBuildFailed = new("PythonBuildFailed", ErrorCategory.NotSpecified);
    public static readonly ErrorKind PythonTestFailed = new("PythonTestFailed", ErrorCategory.InvalidResult);
    public static readonly ErrorKind PythonTestsNotRun = new("PythonTestsNotRun", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind PythonCheckFailed = new("PythonCheckFailed", ErrorCategory.InvalidResult);

    // Measurements: terminating, but for a file of several that cannot be read.
    public static readonly ErrorKind ProcessNotFound = new("ProcessNotFound", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind SamplesNotReadable = new("SamplesNotReadable", ErrorCategory.ReadError);
    public static readonly ErrorKind MeasureFailed = new("MeasureFailed", ErrorCategory.ReadError);
    public static readonly ErrorKind SnapshotNotReadable = new("SnapshotNotReadable", ErrorCategory.ReadError);

    // Traces: one that cannot be read, and two heaps that should be one.
    public static readonly ErrorKind NothingRecorded = new("NothingRecorded", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind TraceNotReadable = new("TraceNotReadable", ErrorCategory.ReadError);
    public static readonly ErrorKind ReplayDiffers = new("ReplayDiffers", ErrorCategory.InvalidResult);

    // A run that could not go on: terminating, exit code 2.
    public static readonly ErrorKind OutputWriteFailed = new("OutputWriteFailed", ErrorCategory.WriteError);
    public static readonly ErrorKind InputReadFailed = new("InputReadFailed", ErrorCategory.ReadError);
    public static readonly ErrorKind ClusterFailed = new("ClusterFailed", ErrorCategory.ResourceUnavailable);
    public static readonly ErrorKind LauncherLost = new("LauncherLost", ErrorCategory.ResourceUnavailable);

    // Earlier runs: a bad call, or one of several that cannot be read.
    public static readonly ErrorKind NoEarlierRun = new("NoEarlierRun", ErrorCategory.ObjectNotFound);
    public static readonly ErrorKind JournalNotReadable = new("JournalNotReadable", ErrorCategory.ReadError);
    public static readonly ErrorKind SameRun = new("SameRun", ErrorCategory.InvalidArgument);

    public static readonly ErrorKind NothingChosen = new("NothingChosen", ErrorCategory.InvalidArgument);
    public static readonly ErrorKind RunGoesOn = new("RunGoesOn", ErrorCategory.ResourceBusy);

    // Cases that are not approved: the others are.
    public static readonly ErrorKind CaseStale = new("CaseStale", ErrorCategory.InvalidData);
    public static readonly ErrorKind CaseNotCompared = new("CaseNotCompared", ErrorCategory.InvalidOperation);
    public static readonly ErrorKind CaseOutside = new("CaseOutside", ErrorCategory.SecurityError);
    public static readonly ErrorKind ApproveFailed = new("ApproveFailed", ErrorCategory.WriteError);

    // Single cases: the run goes on.
    public static readonly ErrorKind InvalidCase = new("InvalidCase", ErrorCategory.InvalidData);
    public static readonly ErrorKind InvalidHistoryRow = new("InvalidHistoryRow", ErrorCategory.InvalidData);
    public static readonly ErrorKind CaseError = new("CaseError", ErrorCategory.InvalidResult);
    public static readonly ErrorKind CaseTimeout = new("CaseTimeout", ErrorCategory.OperationTimeout);
    public static readonly ErrorKind CaseOutOfMemory = new("CaseOutOfMemory", ErrorCategory.ResourceUnavailable);
    public static readonly ErrorKind CaseDoesNotFit = new("CaseDoesNotFit", ErrorCategory.ResourceUnavailable);

    /// <summary>A record of this kind.</summary>
    public ErrorRecord Record(string message, object? target, Exception? inner = null) =>
        new(new DefragException(message, inner), Id, Category, target);
}

/// <summary>An error of the module's own; the message says what was wrong with which value and what to do.</summary>
public sealed class DefragException(string message, Exception? inner = null) : Exception(message, inner);
