using Defragger.Cluster;
using Defragger.Engines;

namespace Defragger.PowerShell;

/// <summary>What ended a run before its end, in words.</summary>
internal static class RunFailure
{
    /// <summary>The kind of error and its message; null for what is no failure of a run.</summary>
    public static (ErrorKind Kind, string Message)? Explain(Exception failure, string folder) => failure switch
    {
        LauncherLostException lost => (ErrorKind.LauncherLost,
            $"The launcher that starts the cases has ended: {lost.Message}. Its cases were ended; go on with -Resume."),
        ClusterException cluster => (ErrorKind.ClusterFailed, $"{cluster.Message} The run's tasks were ended; go on with -Resume."),
        FormatException damaged => (ErrorKind.JournalDamaged, damaged.Message),
        DirectoryNotFoundException gone => (ErrorKind.InputReadFailed,
            $"A directory of the input went away while it was read: {gone.Message}"),
        UnauthorizedAccessException denied => (ErrorKind.InputReadFailed, $"A directory cannot be read: {denied.Message}"),
        IOException full => (ErrorKind.OutputWriteFailed,
            $"The run stopped because '{folder}' could not be written: {full.Message} "
            + "Every case in the journal is whole; make room and go on with -Resume."),
        _ => null,
    };
}
