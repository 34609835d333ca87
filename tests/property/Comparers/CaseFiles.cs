using System.Text;
using Defragger.Comparers;

namespace Defragger.Tests.Comparers;

/// <summary>A baseline and a candidate on disk for one comparison; gone when it is over.</summary>
internal sealed class CaseFiles : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("defrag-case-").FullName;

    public CaseFiles(byte[] baseline, byte[] candidate, string ending = ".txt")
    {
        BaselinePath = Path.Combine(_folder, "baseline" + ending);
        CandidatePath = Path.Combine(_folder, "candidate" + ending);
        File.WriteAllBytes(BaselinePath, baseline);
        File.WriteAllBytes(CandidatePath, candidate);
        Baseline = new SourceFile(BaselinePath);
        Candidate = new SourceFile(CandidatePath);
    }

    public CaseFiles(string baseline, string candidate, string ending = ".txt")
        : this(Encoding.UTF8.GetBytes(baseline), Encoding.UTF8.GetBytes(candidate), ending)
    {
    }

    public string BaselinePath { get; }

    public string CandidatePath { get; }

    public SourceFile Baseline { get; }

    public SourceFile Candidate { get; }

    /// <summary>The whole way, as the executable goes it.</summary>
    public static ComparisonResult Compare(string baseline, string candidate, ComparisonFormat format) =>
        Compare(Encoding.UTF8.GetBytes(baseline), Encoding.UTF8.GetBytes(candidate), format);

    public static ComparisonResult Compare(byte[] baseline, byte[] candidate, ComparisonFormat format)
    {
        using CaseFiles files = new(baseline, candidate);
        return FileComparer.Compare(files.BaselinePath, files.CandidatePath, format);
    }

    public void Dispose()
    {
        Baseline.Dispose();
        Candidate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
