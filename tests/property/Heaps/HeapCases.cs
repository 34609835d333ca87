using Defragger.Heaps;
using Defragger.Traces;
using Defragger.Views;

namespace Defragger.Tests.Heaps;

/// <summary>Counts the cases that a heap's test must meet, so that a generator that misses one is noticed.</summary>
internal sealed class HeapCases
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal)
    {
        ["allocate: out of memory"] = 0,
        ["allocate: whole run"] = 0,
        ["allocate: from the victim"] = 0,
        ["allocate: new victim"] = 0,
        ["allocate: aligned"] = 0,
        ["allocate: grows the heap"] = 0,
        ["allocate: commit refused"] = 0,
        ["allocate many: from holes and from the victim"] = 0,
        ["allocate many: from one victim and from the next"] = 0,
        ["allocate many: out of memory on the way"] = 0,
        ["allocate victim: all of it"] = 0,
        ["allocate victim: as much as is allowed"] = 0,
        ["allocate victim: up to its chunk's end"] = 0,
        ["allocate victim: there is none"] = 0,
        ["allocate victim: less than a granule is allowed"] = 0,
        ["hold: cuts a run"] = 0,
        ["hold: cuts the victim"] = 0,
        ["hold: not possible"] = 0,
        ["merge: some pages"] = 0,
        ["merge: none"] = 0,
        ["purge: pages given back"] = 0,
        ["purge: a held page is restored"] = 0,
        ["release: joins none"] = 0,
        ["release: joins one side"] = 0,
        ["release: joins both sides"] = 0,
        ["release: held"] = 0,
        ["release: partly held"] = 0,
        ["release: page becomes free"] = 0,
        ["release: held page becomes empty"] = 0,
        ["release many: joins a run between two blocks"] = 0,
        ["release many: joins the victim"] = 0,
        ["release many: some is held"] = 0,
        ["release many: leaves several runs"] = 0,
        ["resize: grows in place"] = 0,
        ["resize: moves"] = 0,
        ["resize: shrinks"] = 0,
        ["restore: joins a run"] = 0,
        ["restore: joins the victim"] = 0,
        ["split: inside a chunk"] = 0,
        ["split: the first part crosses a chunk's end"] = 0,
        ["split: the second part crosses a chunk's end"] = 0,
        ["split: at a chunk's end"] = 0,
        ["split: nothing would be left"] = 0,
    };

    /// <summary>Operations counted.</summary>
    public long Operations { get; private set; }

    /// <summary>Cases that have not occurred.</summary>
    public IEnumerable<string> Missing => _counts.Where(pair => pair.Value == 0).Select(pair => pair.Key);

    public override string ToString() => string.Join('\n', _counts.Select(pair => $"{pair.Value,12:N0}  {pair.Key}"));

    /// <summary>Takes note of one operation.</summary>
    public void Count(Operation operation, HeapStatus status, HeapStatistics before, HeapStatistics after)
    {
        Operations++;
        switch (operation.Kind)
        {
            case OperationKind.Allocate or OperationKind.AllocateZeroed:
                When("allocate: out of memory", status == HeapStatus.OutOfMemory);
                if (status != HeapStatus.Ok) break;
                When("allocate: whole run", after.FreeRuns < before.FreeRuns);
                When("allocate: from the victim", after.Victim.End == before.Victim.End && after.Victim.Length < before.Victim.Length);
                When("allocate: new victim", after.Victim.Length > 0 && after.Victim.End != before.Victim.End);
                When("allocate: aligned", operation.Alignment > 16);
                When("allocate: grows the heap", after.Committed > before.Committed);
                break;
            case OperationKind.Release:
                When("release: joins none", after.FreeRuns > before.FreeRuns);
                When("release: joins one side", after.FreeRuns == before.FreeRuns);
                When("release: joins both sides", after.FreeRuns < before.FreeRuns);
                When("release: page becomes free", after.Pinned < before.Pinned);
                long held = after.Held - before.Held, gone = before.Live - after.Live;
                When("release: held", held == gone);
                When("release: partly held", held > 0 && held < gone);
                When("release: held page becomes empty", held == gone && after.DirtyFree > before.DirtyFree);
                break;
            case OperationKind.Resize:
                When("resize: moves", status == HeapStatus.NoRoom);
                When("resize: grows in place", status == HeapStatus.Ok && after.Live > before.Live);
                When("resize: shrinks", status == HeapStatus.Ok && after.Live < before.Live);
                break;
            case OperationKind.AllocateVictim:
                When("allocate victim: there is none", status == HeapStatus.OutOfMemory);
                When("allocate victim: less than a granule is allowed", status == HeapStatus.InvalidSize);
                if (status != HeapStatus.Ok) break;
                long taken = after.Live - before.Live;
                When("allocate victim: all of it", after.Victim.Length == 0);
                When("allocate victim: as much as is allowed", after.Victim.Length > 0 && taken == operation.Size / 16 * 16);
                When("allocate victim: up to its chunk's end", after.Victim.Length > 0 && taken < operation.Size / 16 * 16);
                break;
            case OperationKind.Split:
                When("split: nothing would be left", status == HeapStatus.InvalidSize);
                break;
            case OperationKind.Purge:
                When("purge: pages given back", after.DirtyFree < before.DirtyFree);
                When("purge: a held page is restored", after.Held < before.Held);
                break;
            case OperationKind.Hold:
                When("hold: not possible", status != HeapStatus.Ok);
                When("hold: cuts a run", after.Held > before.Held && after.FreeRuns == before.FreeRuns);
                When("hold: cuts the victim", before.Victim.Length > 0 && after.Victim != before.Victim);
                break;
            case OperationKind.Restore:
                When("restore: joins a run", after.Held < before.Held && after.FreeRuns <= before.FreeRuns);
                When("restore: joins the victim", after.Victim.Length > before.Victim.Length);
                break;
            case OperationKind.Merge:
                When("merge: some pages", status == HeapStatus.Ok);
                When("merge: none", status != HeapStatus.Ok);
                break;
            case OperationKind.Refuse:
                When("allocate: commit refused", operation.Size > 0 && before.Committed < before.Capacity);
                break;
        }
    }

    /// <summary>Takes note of what came of a batch.</summary>
    public void CountBatch(Operation operation, HeapStatus status, HeapRange[] blocks, HeapStatistics before, HeapSnapshot after)
    {
        HeapRange was = before.Victim, now = after.Statistics.Victim;
        if (operation.Kind == OperationKind.AllocateMany)
        {
            int fromVictim = blocks.Count(block => block.Offset >= was.Offset && block.Offset < was.End);
            bool isNext = now.Length > 0 && now.End != was.End;
            When("allocate many: from holes and from the victim", fromVictim > 0 && blocks[0].Offset < was.Offset && !isNext);
            When("allocate many: from one victim and from the next", fromVictim > 0 && isNext);
            When("allocate many: out of memory on the way", blocks.Length > 0 && status == HeapStatus.OutOfMemory);
            return;
        }
        HeapItem[] runs = [.. blocks.Select(block => after.Items.First(item => item.Offset + item.Length > block.Offset))];
        When("release many: joins a run between two blocks",
            Enumerable.Range(1, blocks.Length - 1).Any(i => runs[i] == runs[i - 1] && blocks[i - 1].End < blocks[i].Offset));
        When("release many: joins the victim", was.Length > 0 && now.Length > was.Length);
        When("release many: some is held", after.Statistics.Held > before.Held);
        When("release many: leaves several runs", runs.Distinct().Count() > 1);
    }

    /// <summary>Takes note of the two parts of a block.</summary>
    public void CountSplit(HeapRange[] parts)
    {
        bool isFrontBeyond = IsBeyondItsChunk(parts[0]), isRestBeyond = IsBeyondItsChunk(parts[1]);
        bool isAtEnd = parts[1].Offset % 8192 == 0;
        When("split: inside a chunk", !isFrontBeyond && !isRestBeyond && !isAtEnd);
        When("split: the first part crosses a chunk's end", isFrontBeyond);
        When("split: the second part crosses a chunk's end", isRestBeyond);
        When("split: at a chunk's end", isAtEnd);
    }

    private static bool IsBeyondItsChunk(HeapRange block) => block.Offset / 8192 != (block.End - 1) / 8192;

    private void When(string name, bool occurred)
    {
        if (occurred) _counts[name]++;
    }
}
