using System.Management.Automation;
using System.Runtime.InteropServices;

namespace Defragger.Host;

/// <summary>
/// Turns SIGINT (Ctrl+C) and SIGTERM into a stopped pipeline. The first signal asks, the second one ends the process.
/// </summary>
internal sealed class Interrupts : IDisposable
{
    private const int Sigint = 2;
    private const int Sigterm = 15;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _requested = new();
    private readonly PosixSignalRegistration[] _registrations;
    private PowerShell? _running;
    private int _signal;

    public Interrupts() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, Sigint)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, Sigterm)),
    ];

    /// <summary>Is cancelled by the first signal; waits for a person's answer end with it.</summary>
    public CancellationToken Requested => _requested.Token;

    /// <summary>128 + signal as shells count it, or null when no signal came.</summary>
    public int? ExitCode => _signal == 0 ? null : 128 + _signal;

    /// <summary>Names the pipeline that a signal stops, until the result is disposed.</summary>
    /// <exception cref="PipelineStoppedException">A signal came before the pipeline could start.</exception>
    public IDisposable Guard(PowerShell pipeline)
    {
        lock (_gate)
        {
            if (_signal != 0)
                throw new PipelineStoppedException();
            PowerShell? outer = _running;
            _running = pipeline;
            return new Restore(this, outer);
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _requested.Dispose();
    }

    private void Handle(PosixSignalContext context, int signal)
    {
        context.Cancel = true;
        PowerShell? running;
        lock (_gate)
        {
            // Not graceful, by wish: someone asked twice.
            if (_signal != 0)
                Environment.Exit(128 + signal);
            _signal = signal;
            running = _running;
        }

        _requested.Cancel();

        // Not awaited: Stop returns when the pipeline has ended, and a second signal must find this handler free.
        running?.BeginStop(null, null);
    }

    private sealed class Restore(Interrupts owner, PowerShell? outer) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
                owner._running = outer;
        }
    }
}
