using Defragger.Compare;

namespace Defragger.PowerShell;

/// <summary>What is compared: two directories, two files, or the cases that are handed in for two directories.</summary>
internal sealed class CaseInput
{
    private readonly TestCase? _single;
    private readonly bool _handedIn;

    private CaseInput(string baseline, string candidate, TestCase? single, bool handedIn) =>
        (Baseline, Candidate, _single, _handedIn) = (baseline, candidate, single, handedIn);

    /// <summary>Full path of the baseline's directory.</summary>
    public string Baseline { get; }

    /// <summary>Full path of the candidate's directory.</summary>
    public string Candidate { get; }

    /// <summary>Looks at the two paths.</summary>
    /// <param name="baseline">Full path.</param>
    /// <param name="candidate">Full path.</param>
    /// <param name="handedIn">Cases come from the pipeline or a manifest.</param>
    /// <exception cref="SetupException">One of them is not there, or they are not of one kind.</exception>
    public static CaseInput Of(string baseline, string candidate, bool handedIn)
    {
        bool left = IsDirectory(baseline, "baseline", ErrorKind.BaselineNotFound);
        bool right = IsDirectory(candidate, "candidate", ErrorKind.CandidateNotFound);
        if (left != right)
        {
            throw new SetupException(ErrorKind.DirectoryAndFile,
                $"'{baseline}' is a {(left ? "directory" : "file")} and '{candidate}' a {(right ? "directory" : "file")}; give two directories or two files.",
                left ? candidate : baseline);
        }
        if (left) return new CaseInput(baseline, candidate, null, handedIn);
        if (handedIn)
        {
            throw new SetupException(ErrorKind.DirectoryAndFile,
                $"Cases that are handed in are looked for in two directories, but '{baseline}' and '{candidate}' are files.", baseline);
        }
        var single = new TestCase(Path.GetFileName(candidate), baseline, candidate);
        return new CaseInput(Path.GetDirectoryName(baseline)!, Path.GetDirectoryName(candidate)!, single, handedIn);
    }

    /// <summary>Looks at a further run of the baseline.</summary>
    /// <param name="path">Full path.</param>
    /// <exception cref="SetupException">It is not there, or is a file where directories are compared, or the other way round.</exception>
    public string Further(string path)
    {
        bool isDirectory = IsDirectory(path, "second baseline", ErrorKind.BaselineNotFound);
        return isDirectory == (_single == null) ? path : throw new SetupException(ErrorKind.DirectoryAndFile,
            $"'{path}' is a {(isDirectory ? "directory" : "file")}, and {(isDirectory ? "two files" : "directories")} are compared; give -Baseline2 what -Baseline is.", path);
    }

    /// <summary>The cases.</summary>
    public CaseSource Open(CaseFilter filter)
    {
        if (_handedIn) return new QueuedCases();
        if (_single is not TestCase one) return new DirectoryCases(Baseline, Candidate, filter);
        var queue = new QueuedCases();
        queue.TryAdd(one, TimeSpan.Zero);
        return queue;
    }

    private static bool IsDirectory(string path, string what, ErrorKind kind)
    {
        if (Directory.Exists(path)) return true;
        return File.Exists(path) ? false : throw new SetupException(kind,
            $"The {what} '{path}' is neither a directory nor a file. A missing {what} is never a pass.", path);
    }
}
