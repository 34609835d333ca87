using System.Buffers;
using System.IO.Enumeration;
using Defragger.Compare;
using Defragger.Comparers;
using Defragger.Files;
using Microsoft.Win32.SafeHandles;

namespace Defragger.Approval;

/// <summary>Makes results of a candidate the baseline: case by case, each of them whole or not at all.</summary>
/// <remarks>
/// A file is copied beside the one that it replaces, brought to the disk, given that one's mode, and renamed; then the
/// directory is brought to the disk. Always true:
/// 1. at any moment, also when the process is killed or the machine stops, the baseline's file is the old or the new one in whole;
/// 2. nothing is written or removed but below the baseline's directory, and no link in there is followed (<see cref="FolderHandle"/>);
/// 3. a file that is not the one that was compared, on either side, is not approved unless that is asked for;
/// 4. of two approvals of one baseline the second is refused while the first goes on; so a copy that is there before the
///    first write is of a dead one, and is removed.
/// Cost of a file: reading both sides once to see whether they differ, a copy, two fsync.
/// </remarks>
internal sealed class Approver : IDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly FolderHandle _root;
    private readonly string _candidate;
    private readonly bool _force;
    private bool _isClean;

    /// <summary>Takes the baseline for this approval.</summary>
    /// <param name="baseline">Full path of the baseline's directory.</param>
    /// <param name="candidate">Full path of the candidate's directory.</param>
    /// <param name="force">Take the files as they are now, also when they are not those that were compared.</param>
    /// <exception cref="IOException">The baseline cannot be used, or another approval works on it.</exception>
    /// <exception cref="UnauthorizedAccessException">The baseline cannot be used.</exception>
    public Approver(string baseline, string candidate, bool force)
    {
        (_candidate, _force) = (candidate, force);
        _root = FolderHandle.Open(baseline);
        if (_root.TryLock()) return;
        _root.Dispose();
        throw new IOException($"another approval works on '{baseline}'; wait for its end");
    }

    /// <summary>Says what would be done for a case. Nothing is changed.</summary>
    /// <exception cref="ApprovalException">The case cannot be approved.</exception>
    public ApprovalPlan Plan(JournalLine line) => Guard(line.Result.Case, () =>
    {
        CaseResult result = line.Result;
        if (!result.Decided)
        {
            throw new ApprovalException(ApprovalFault.NotCompared,
                $"'{result.Case}' was not compared ({result.Status}): nobody knows what would be approved. Compare it again first.");
        }
        string name = NameOf(result);
        using FolderHandle? folder = Parent(name, make: false);
        using SafeFileHandle? held = folder?.OpenFile(Last(name));
        string? source = SourceOf(result);
        FileStamp fresh = FileStamp.Of(source), old = FileStamp.Of(InBaseline(name));
        if (fresh != line.Candidate && !_force)
            throw Stale(result.Case, "the candidate", source ?? result.CandidatePath!, What(line.Candidate, fresh));
        var plan = new ApprovalPlan(result.Case, name, held == null ? ApprovalAction.Added : ApprovalAction.Replaced, 0, source, fresh, old);
        if (source == null)
        {
            if (held != null) DemandOld(line, name, old);
            return plan with { Action = held == null ? ApprovalAction.Unchanged : ApprovalAction.Removed };
        }
        DemandInside(result.Case, source);
        using var candidate = new SourceFile(source);
        plan = plan with { Bytes = candidate.Length };
        if (held != null && IsEqual(held, name, candidate)) return plan with { Action = ApprovalAction.Unchanged };
        DemandOld(line, name, old);
        return plan;
    });

    /// <summary>Does what was planned.</summary>
    /// <param name="plan">What is to be done.</param>
    /// <param name="stop">Ends a copy; the baseline's file is then as it was.</param>
    /// <exception cref="ApprovalException">It could not be done; the baseline's file is as it was.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public ApprovedCase Carry(ApprovalPlan plan, CancellationToken stop) => Guard(plan.Case, () =>
    {
        var done = new ApprovedCase(plan.Case, plan.Action, plan.Bytes, InBaseline(plan.Name));
        if (plan.Action == ApprovalAction.Unchanged) return done;
        RemoveLeftovers();
        using FolderHandle? folder = Parent(plan.Name, make: plan.Action != ApprovalAction.Removed);
        if (folder == null) return done with { Action = ApprovalAction.Unchanged };
        if (plan.Action == ApprovalAction.Removed)
        {
            DemandAsPlanned(plan);
            folder.Remove(Last(plan.Name));
            folder.Sync();
            return done;
        }
        return done with { Bytes = Replace(folder, plan, stop) };
    });

    public void Dispose() => _root.Dispose();

    private static string Last(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static ApprovalException Stale(string name, string side, string path, string what) => new(ApprovalFault.Stale,
        $"'{name}': {side}'s '{path}' {what} since it was compared. Compare again, or take it as it is now with -Force.");

    private static string What(FileStamp then, FileStamp now) =>
        now == FileStamp.None ? "is gone" : then == FileStamp.None ? "has come" : "has changed";

    /// <summary>Where a case lies below the baseline's directory.</summary>
    private string NameOf(CaseResult result)
    {
        // A row may have named another file of the baseline than the one that the case is called after.
        string? name = result.BaselinePath == null ? result.Case : CaseName.Below(result.BaselinePath, _root.Path);
        string? fault = name == null ? $"'{result.BaselinePath}' does not lie below '{_root.Path}'" : CaseName.Fault(result.Case);
        if (fault == null && TemporaryName.Is(Last(name!))) fault = "it is the name of an approval's own copies";
        return fault == null ? name! : throw new ApprovalException(ApprovalFault.Outside, $"'{result.Case}' is not approved: {fault}.");
    }

    private FolderHandle? Parent(string name, bool make)
    {
        string[] parts = name.Split('/');
        FolderHandle? folder = _root.Again();
        foreach (string part in parts[..^1])
        {
            using FolderHandle above = folder;
            folder = above.Below(part, make);
            if (folder == null) return null;
        }
        return folder;
    }

    private void DemandInside(string name, string source)
    {
        if (!_force && OutsideLink.Fault(new TestCase(name, null, source), [], [_candidate, _root.Path]) is string fault)
            throw new ApprovalException(ApprovalFault.Outside, $"'{name}': {fault.Split("; -FollowLink")[0]}. Take it nevertheless with -Force.");
    }

    /// <summary>The candidate's file; null when the case is to go because there is none.</summary>
    private string? SourceOf(CaseResult result)
    {
        if (result.Status != CaseStatus.Removed)
            return result.CandidatePath ?? throw new ApprovalException(ApprovalFault.Outside, $"'{result.Case}' has no candidate's file.");
        // It may have come back.
        string path = Path.Combine(_candidate, result.Case);
        return Path.Exists(path) ? path : null;
    }

    private string InBaseline(string name) => Path.Combine(_root.Path, name);

    /// <summary>The baseline's file must be the one that was compared: whoever changed it since did so for a reason.</summary>
    private void DemandOld(JournalLine line, string name, FileStamp old)
    {
        if (old != line.Baseline && !_force)
            throw Stale(line.Result.Case, "the baseline", InBaseline(name), What(line.Baseline, old));
    }

    /// <summary>Neither file may have changed since it was planned, forced or not.</summary>
    private void DemandAsPlanned(ApprovalPlan plan)
    {
        Demand(plan.Source ?? Path.Combine(_candidate, plan.Case), plan.Fresh);
        Demand(InBaseline(plan.Name), plan.Old);

        void Demand(string path, FileStamp planned)
        {
            if (FileStamp.Of(path) != planned)
                throw new ApprovalException(ApprovalFault.Stale, $"'{plan.Case}': '{path}' has changed while it was approved. Approve it again.");
        }
    }

    private bool IsEqual(SafeFileHandle held, string name, SourceFile candidate)
    {
        if (RandomAccess.GetLength(held) != candidate.Length) return false;
        using var baseline = new SourceFile(InBaseline(name), held);
        return ByteComparison.FirstDifference(baseline, candidate) < 0;
    }

    private long Replace(FolderHandle folder, ApprovalPlan plan, CancellationToken stop)
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException("Approving needs Linux.");
        string name = Last(plan.Name), beside = TemporaryName.Create();
        using var source = new SourceFile(plan.Source!);
        using SafeFileHandle copy = folder.CreateFile(beside);
        try
        {
            Copy(source, copy, stop);
            using (SafeFileHandle? old = folder.OpenFile(name))
            {
                const UnixFileMode Raised = UnixFileMode.SetUser | UnixFileMode.SetGroup;
                File.SetUnixFileMode(copy, old == null ? File.GetUnixFileMode(plan.Source!) & ~Raised : File.GetUnixFileMode(old));
            }
            FolderHandle.Sync(copy, Path.Combine(folder.Path, name));
            DemandAsPlanned(plan);
            folder.Rename(beside, name);
        }
        catch
        {
            folder.Remove(beside);
            throw;
        }
        folder.Sync();
        return source.Length;
    }

    private static void Copy(SourceFile source, SafeFileHandle copy, CancellationToken stop)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long offset = 0;
            for (int count; (count = source.Read(buffer, offset)) > 0; offset += count)
            {
                stop.ThrowIfCancellationRequested();
                RandomAccess.Write(copy, buffer.AsSpan(0, count), offset);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Removes the copies of approvals that were killed; once.</summary>
    private void RemoveLeftovers()
    {
        if (_isClean) return;
        var left = new FileSystemEnumerable<string>(
            _root.Path, (ref FileSystemEntry entry) => entry.ToFullPath(),
            new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true, RecurseSubdirectories = true })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && TemporaryName.Is(entry.FileName),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => entry.IsDirectory && (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
        foreach (string path in left) File.Delete(path);
        _isClean = true;
    }

    private static T Guard<T>(string name, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ComparisonException)
        {
            throw new ApprovalException(ApprovalFault.Failed, $"'{name}' is not approved: {e.Message}", e);
        }
    }
}
