namespace Defragger.Admission;

/// <summary>What others than the cases use: the most of the last while.</summary>
/// <remarks>The most and not the last value: what another program took once it takes again, and a run that filled the gap would
/// have to kill its cases for it. Update costs O(1) amortised: only values that no later one exceeds are kept.</remarks>
internal sealed class ForeignMemory(TimeSpan window)
{
    private readonly LinkedList<(TimeSpan At, long Bytes)> _falling = []; // times rise, bytes fall

    /// <summary>The most of the window, in bytes.</summary>
    public long Bytes => _falling.First?.Value.Bytes ?? 0;

    /// <summary>Takes a reading.</summary>
    public void Update(long bytes, TimeSpan now)
    {
        while (_falling.Last?.Value.Bytes <= bytes) _falling.RemoveLast();
        _falling.AddLast((now, bytes));
        while (now - _falling.First!.Value.At > window) _falling.RemoveFirst();
    }
}
