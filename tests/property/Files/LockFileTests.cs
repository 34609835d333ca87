using Defragger.Files;
using Xunit;

namespace Defragger.Tests.Files;

/// <summary>The lock: one at a time, also in the moment in which it is let go.</summary>
public sealed class LockFileTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void One_at_a_time_holds_it()
    {
        const int Threads = 6, Turns = 400;
        (int inside, int turns, int together) = (0, 0, 0);
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, _ =>
        {
            for (int turn = 0; turn < Turns; turn++)
            {
                using FileStream? held = LockFile.TryEnter(_directory["lock"], s_patience);
                Assert.NotNull(held);
                if (Interlocked.Increment(ref inside) != 1) Interlocked.Increment(ref together);
                turns++; // without Interlocked: the lock is what keeps it right
                Thread.Yield();
                Interlocked.Decrement(ref inside);
            }
        });
        Assert.Equal((0, Threads * Turns), (together, turns));
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void It_is_held_until_it_is_let_go_and_a_file_that_is_left_behind_stands_in_nobodys_way()
    {
        string path = _directory.Write("lock", "");
        Assert.False(LockFile.IsHeld(path));
        using (FileStream? held = LockFile.TryEnter(path, TimeSpan.Zero))
        {
            Assert.NotNull(held);
            Assert.True(LockFile.IsHeld(path));
            Assert.Null(LockFile.TryEnter(path, TimeSpan.FromMilliseconds(30)));
        }
        Assert.False(File.Exists(path));
        Assert.False(LockFile.IsHeld(path));
    }

    [Fact]
    public void Where_it_cannot_be_made_it_says_so() =>
        Assert.Throws<DirectoryNotFoundException>(() => LockFile.TryEnter(_directory["nowhere/lock"], s_patience));
}
