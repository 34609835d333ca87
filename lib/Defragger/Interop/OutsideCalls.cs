using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Defragger.Heaps;

namespace Defragger.Interop;

/// <summary>The seam of a native heap: what C calls, and the first that the outside threw meanwhile.</summary>
internal sealed unsafe class OutsideCalls(IHeapOutside? outside)
{
    private ExceptionDispatchInfo? _thrown;

    internal bool HasThrown => _thrown != null;

    /// <summary>The functions for C; <paramref name="context"/> leads back here.</summary>
    internal NativeMethods.DfOutside Native(GCHandle context) => outside == null ? default : new NativeMethods.DfOutside
    {
        Context = GCHandle.ToIntPtr(context), Commit = &Commit, Purge = &Purge, Zero = &Zero,
    };

    /// <summary>Throws what was remembered; called when C has returned.</summary>
    internal void Rethrow()
    {
        if (_thrown != null) ThrowFirst();
    }

    private void ThrowFirst()
    {
        ExceptionDispatchInfo thrown = _thrown!;
        _thrown = null;
        thrown.Throw();
    }

    private void Remember(Exception exception) => _thrown ??= ExceptionDispatchInfo.Capture(exception);

    private bool TryCommit(long offset, long length)
    {
        if (HasThrown) return false; // the heap asks once more, for less; but the call has failed already
        try
        {
            return outside!.Commit(offset, length);
        }
        catch (Exception exception)
        {
            Remember(exception);
            return false;
        }
    }

    private bool TryPurge(long offset, long length)
    {
        if (HasThrown) return false; // the heap goes on below, where in C# nothing would be asked any more
        try
        {
            return outside!.Purge(offset, length);
        }
        catch (Exception exception)
        {
            Remember(exception);
            return false;
        }
    }

    private void TryZero(long offset, long length)
    {
        if (HasThrown) return; // the block will not be handed out
        try
        {
            outside!.Zero(offset, length);
        }
        catch (Exception exception)
        {
            Remember(exception);
        }
    }

    private static OutsideCalls Of(nint context) => (OutsideCalls)GCHandle.FromIntPtr(context).Target!;

    [UnmanagedCallersOnly]
    private static byte Commit(nint context, ulong offset, ulong length) =>
        Of(context).TryCommit((long)offset, (long)length) ? (byte)1 : (byte)0;

    [UnmanagedCallersOnly]
    private static byte Purge(nint context, ulong offset, ulong length) =>
        Of(context).TryPurge((long)offset, (long)length) ? (byte)1 : (byte)0;

    [UnmanagedCallersOnly]
    private static void Zero(nint context, ulong offset, ulong length) =>
        Of(context).TryZero((long)offset, (long)length);
}
