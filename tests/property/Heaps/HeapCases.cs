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
        ["purge: pages given back"] = 0,
        ["release: joins none"] = 0,
        ["release: joins one side"] = 0,
        ["release: joins both sides"] = 0,
        ["release: page becomes free"] = 0,
        ["resize: grows in place"] = 0,
        ["resize: moves"] = 0,
        ["resize: shrinks"] = 0,
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
                break;
            case OperationKind.Resize:
                When("resize: moves", status == HeapStatus.NoRoom);
                When("resize: grows in place", status == HeapStatus.Ok && after.Live > before.Live);
                When("resize: shrinks", status == HeapStatus.Ok && after.Live < before.Live);
                break;
            case OperationKind.Purge:
                When("purge: pages given back", after.DirtyFree < before.DirtyFree);
                break;
            case OperationKind.Refuse:
                When("allocate: commit refused", operation.Size > 0 && before.Committed < before.Capacity);
                break;
        }
    }

    private void When(string name, bool occurred)
    {
        if (occurred) _counts[name]++;
    }
}
