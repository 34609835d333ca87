using System.Numerics;
using Defragger.Heaps;
using Defragger.Interop;
using Defragger.Views;
using Xunit;

namespace Defragger.Tests.Heaps;

/// <summary>The same heap in C# and in C: one seeded operation after the other on both, with equal answers.</summary>
internal sealed class Twins(Random random, long capacity, IHeap managed, IHeap native)
{
    private readonly List<long> _live = [];
    private int _sizes, _releases;

    /// <summary>The same heap in C# and in C.</summary>
    internal static (CoalescingHeap Managed, NativeHeap Native) Open(HeapOptions options)
    {
        Assert.Equal(HeapStatus.Ok, CoalescingHeap.TryOpen(options, out CoalescingHeap? managed));
        Assert.Equal(HeapStatus.Ok, NativeHeap.TryOpen(options, out NativeHeap? native));
        return (managed!, native!);
    }

    /// <summary>Other sizes from here on, and another share of releases.</summary>
    internal void ChangeMood()
    {
        _sizes = random.Next(5);
        _releases = random.Next(20, 70);
    }

    internal void Step()
    {
        int kind = random.Next(100);
        if (kind < _releases) Release();
        else if (kind < 80) Allocate();
        else if (kind < 86) AllocateMany();
        else if (kind < 88) ReleaseMany();
        else if (kind < 91) ReleaseStarts();
        else if (kind < 93) AllocateVictim();
        else if (kind < 95) Split();
        else if (kind < 97) Resize();
        else if (kind < 98) Purge();
        else Mistake();
    }

    private void Release()
    {
        if (_live.Count == 0) return;
        int which = random.Next(_live.Count);
        Same(managed.Release(_live[which]), native.Release(_live[which]));
        _live[which] = _live[^1];
        _live.RemoveAt(_live.Count - 1);
    }

    private void Allocate()
    {
        long size = Size(), left, right;
        HeapStatus status;
        switch (random.Next(10))
        {
            case 0:
                status = Same(managed.AllocateZeroed(size, out left), native.AllocateZeroed(size, out right));
                break;
            case 1:
                long alignment = 1L << random.Next(16);
                status = Same(managed.Allocate(size, alignment, out left), native.Allocate(size, alignment, out right));
                break;
            default:
                status = Same(managed.Allocate(size, 16, out left), native.Allocate(size, 16, out right));
                break;
        }
        Assert.Equal(left, right);
        if (status == HeapStatus.Ok) _live.Add(left);
    }

    private void AllocateMany()
    {
        long size = Size();
        long[] left = new long[random.Next(100)], right = new long[left.Length];
        Same(managed.AllocateMany(size, left, out int count), native.AllocateMany(size, right, out int other));
        Assert.Equal(count, other);
        Assert.Equal(left[..count], right[..count]);
        _live.AddRange(left[..count]);
    }

    /// <summary>Some blocks, from anywhere or beside each other; now and then with an offset that ends it.</summary>
    private void ReleaseMany()
    {
        _live.Sort();
        int from = random.Next(_live.Count + 1), one = random.Next(1, 4);
        List<long> batch = [.. _live.Skip(from).Where(_ => random.Next(one) == 0).Take(random.Next(100))];
        if (random.Next(4) == 0)
        {
            long wrong = random.Next(5) switch
            {
                0 => -16,
                1 => batch.FirstOrDefault(),
                2 => random.NextInt64(capacity + 100),
                _ => batch.LastOrDefault() + 16, // of the block before, which is free by then, or the next one
            };
            batch.Insert(random.Next(batch.Count + 1), wrong);
        }
        long[] offsets = [.. batch];
        Same(managed.ReleaseMany(offsets, out int count), native.ReleaseMany(offsets, out int other));
        Assert.Equal(count, other);
        var released = offsets[..count].ToHashSet();
        _live.RemoveAll(released.Contains);
    }

    /// <summary>Words of blocks; now and then with something wrong.</summary>
    private void ReleaseStarts()
    {
        _live.Sort();
        int from = random.Next(_live.Count + 1), one = random.Next(1, 4);
        BlockStarts[] words = BlockWords.Of(_live.Skip(from).Where(_ => random.Next(one) == 0).Take(random.Next(200)));
        if (words.Length > 0 && random.Next(4) == 0)
        {
            ref BlockStarts wrong = ref words[random.Next(words.Length)];
            wrong = random.Next(5) switch
            {
                0 => wrong with { Offset = wrong.Offset + 16 },
                1 => wrong with { Offset = words[^1].Offset },
                2 => wrong with { Offset = random.NextInt64(capacity * 2) & -1024 },
                3 => wrong with { Offset = -1024 },
                _ => wrong with { Starts = wrong.Starts | 1UL << random.Next(64) },
            };
        }
        Same(managed.ReleaseStarts(words, out int count), native.ReleaseStarts(words, out int other));
        Assert.Equal(count, other);
        var released = words[..count].SelectMany(word => Enumerable.Range(0, 64)
            .Where(bit => (word.Starts >> bit & 1) != 0).Select(bit => word.Offset + 16 * bit)).ToHashSet();
        _live.RemoveAll(released.Contains);
    }

    private void AllocateVictim()
    {
        long most = random.Next(4) == 0 ? random.Next(-20, 40) : Size();
        HeapStatus status = Same(
            managed.AllocateVictim(most, out HeapRange left), native.AllocateVictim(most, out HeapRange right));
        Assert.Equal(left, right);
        if (status == HeapStatus.Ok) _live.Add(left.Offset);
    }

    private void Split()
    {
        if (_live.Count == 0) return;
        long offset = _live[random.Next(_live.Count)], size = random.Next(8) == 0 ? -1 : Size();
        if (Same(managed.Split(offset, size), native.Split(offset, size)) != HeapStatus.Ok) return;
        Same(managed.UsableSize(offset, out long left), native.UsableSize(offset, out long right));
        Assert.Equal(left, right);
        _live.Add(offset + left);
    }

    private void Resize()
    {
        if (_live.Count == 0) return;
        long offset = _live[random.Next(_live.Count)], size = Size();
        Same(managed.Resize(offset, size), native.Resize(offset, size));
        Same(managed.UsableSize(offset, out long left), native.UsableSize(offset, out long right));
        Assert.Equal(left, right);
    }

    private void Purge()
    {
        long most = random.Next(3) == 0 ? long.MaxValue : random.NextInt64(-5000, 100_000);
        long below = random.NextInt64(-5000, capacity + 5000);
        Assert.Equal(
            (managed.TryPurgeNext(below, most, out HeapRange left), left),
            (native.TryPurgeNext(below, most, out HeapRange right), right));
        if (random.Next(2) == 0)
        {
            HeapRange range = random.Next(8) switch
            {
                0 => new HeapRange(random.NextInt64(-2, 2) * 4096, random.NextInt64(-2, 2) * 4096),
                1 => new HeapRange(random.NextInt64(capacity + 5000) / 4096 * 4096, random.NextInt64(capacity + 5000) / 4096 * 4096),
                _ => left,
            };
            managed.MarkPurged(range);
            native.MarkPurged(range);
            return;
        }
        Assert.Equal(managed.Purge(most), native.Purge(most));
    }

    /// <summary>Offsets and sizes that nobody has.</summary>
    private void Mistake()
    {
        long offset = random.Next(8) switch
        {
            0 => -16,
            1 => long.MinValue,
            2 => long.MaxValue,
            3 => random.NextInt64(capacity + 100),
            _ => random.NextInt64(capacity + 100) / 16 * 16,
        };
        if (!_live.Contains(offset))
        {
            Same(managed.Release(offset), native.Release(offset));
            Same(managed.UsableSize(offset, out long left), native.UsableSize(offset, out long right));
            Assert.Equal(left, right);
            Same(managed.Resize(offset, 1), native.Resize(offset, 1));
            Same(managed.Split(offset, 1), native.Split(offset, 1));
        }
        long size = random.Next(3) switch { 0 => -1, 1 => long.MinValue, _ => HeapOptions.CapacityMax + 1 };
        Same(managed.Allocate(size, 16, out long a), native.Allocate(size, 16, out long b));
        Assert.Equal((0, 0), (a, b));
        long alignment = random.Next(5) switch { 0 => 0, 1 => 48, 2 => -16, 3 => long.MinValue, _ => 1L << 36 };
        Same(managed.Allocate(16, alignment, out a), native.Allocate(16, alignment, out b));
        Assert.Equal((0, 0), (a, b));
        size = HeapOptions.CapacityMax;
        Same(managed.Allocate(size, 1L << 35, out a), native.Allocate(size, 1L << 35, out b));
    }

    private long Size() => _sizes switch
    {
        0 => random.Next(17),
        1 => random.Next(257),
        2 => random.Next(640 * 2),
        3 => random.Next((int)Math.Min(capacity, 100_000)),
        _ => random.NextInt64(1L << random.Next(1, BitOperations.Log2((ulong)capacity) + 1)),
    };

    private static HeapStatus Same(HeapStatus left, HeapStatus right)
    {
        Assert.Equal(left, right);
        return left;
    }
}
