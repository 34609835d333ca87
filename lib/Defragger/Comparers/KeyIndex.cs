using System.Buffers;

namespace Defragger.Comparers;

/// <summary>Where in a <see cref="KeyWindow"/> a key occurs first, and whether it occurs again.</summary>
/// <remarks>
/// Open addressing with linear probing over 4-byte slots; the keys themselves stay in the window.
///
/// Invariants:
/// 1. A slot is 0 (free) or (index + 1) * 2 + repeated.
/// 2. Records 0 to _added - 1 of the window are entered, in this order; so growing can enter them anew.
/// 3. At most half of the slots in use are taken, so probes stay short: keys are hashes already.
/// 4. Only the slots in use are cleared and touched: a gap costs what it spans, not what the largest gap spanned.
/// </remarks>
internal sealed class KeyIndex : IDisposable
{
    private const int SmallestTable = 64;

    private readonly KeyWindow _window;
    private readonly int[] _slots;
    private int _mask;
    private int _added;

    public KeyIndex(KeyWindow window)
    {
        _window = window;
        _slots = ArrayPool<int>.Shared.Rent(Math.Max(SmallestTable, window.Capacity * 2));
    }

    /// <summary>Forgets all, for the next gap.</summary>
    public void Clear()
    {
        _added = 0;
        Use(SmallestTable);
    }

    /// <summary>Enters the window's next record; the first occurrence of a key stays the one that is found.</summary>
    public void Add()
    {
        if (_added * 2 > _mask)
            Grow();
        Enter(_added++);
    }

    /// <summary>Where a key occurs first, or -1.</summary>
    public int Find(UInt128 key, out bool repeated)
    {
        int slot = SlotOf(key);
        repeated = (slot & 1) != 0;
        return (slot / 2) - 1;
    }

    public void Dispose() => ArrayPool<int>.Shared.Return(_slots);

    private void Enter(int index)
    {
        ref int slot = ref SlotOf(_window[index]);
        slot = slot == 0 ? (index + 1) * 2 : slot | 1;
    }

    private ref int SlotOf(UInt128 key)
    {
        int at = (int)(uint)(ulong)key & _mask;
        while (true)
        {
            ref int slot = ref _slots[at];
            if (slot == 0 || _window[(slot / 2) - 1] == key)
                return ref slot;
            at = (at + 1) & _mask;
        }
    }

    private void Grow()
    {
        Use((_mask + 1) * 2);
        for (int index = 0; index < _added; index++)
            Enter(index);
    }

    private void Use(int slots)
    {
        _slots.AsSpan(0, slots).Clear();
        _mask = slots - 1;
    }
}
