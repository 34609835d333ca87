using Defragger.Interop;

namespace Defragger.Measure;

/// <summary>The processor time of the calling thread. Wall-clock time would call a reading costly only because the machine
/// is busy, and then it would be taken too seldom just when it matters.</summary>
internal static class ThreadClock
{
    /// <summary>Processor time of this thread since it began.</summary>
    /// <exception cref="IOException">The kernel does not tell.</exception>
    public static TimeSpan Now()
    {
        if (LinuxMethods.clock_gettime(LinuxMethods.CLOCK_THREAD_CPUTIME_ID, out LinuxMethods.Timespec time) != 0)
            throw new IOException("The kernel does not tell a thread's processor time.");
        return TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick));
    }
}
