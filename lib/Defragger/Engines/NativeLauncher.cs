using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.ObjectPool;

namespace Defragger.Engines;

/// <summary>
/// Starts cases through one <c>defrag-launch --serve</c>: a request is one write to its standard input, an end is
/// one report on its standard output.
/// </summary>
/// <remarks>
/// <para>Every case that was started is in <c>_pending</c> until its <c>ended</c> is called, and whoever takes it
/// out makes that call; so it is made once, whether the case ends, the launcher dies or both race.</para>
/// <para>When this process dies, the launcher sees the end of its input and ends all cases.</para>
/// </remarks>
public sealed class NativeLauncher : ICaseLauncher
{
    /// <summary>How long the launcher may take to end its cases before it is killed (its supervisors then end them).
    /// Far more than it needs, unless the machine stands still.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static readonly ObjectPool<ArrayBufferWriter<byte>> s_buffers =
        new DefaultObjectPool<ArrayBufferWriter<byte>>(new BufferPolicy());

    private readonly ConcurrentDictionary<long, Action<long, ProcessReport>> _pending = new();
    private readonly ConcurrentQueue<Action<IReadOnlyList<CaseMemory>>> _measures = new(); // answered in their order
    private readonly object _gate = new();
    private readonly Process _process;
    private readonly Stream _requests;
    private readonly Thread _reader;
    private bool _disposed;
    private volatile string? _lost;

    /// <summary>Starts the launcher.</summary>
    /// <param name="path">The program <c>defrag-launch</c>.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public NativeLauncher(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _process = Process.Start(new ProcessStartInfo(path, ["--serve"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        ProcessId = _process.Id;
        _requests = _process.StandardInput.BaseStream;
        _reader = new Thread(ReadReports) { IsBackground = true, Name = "Defragger launcher reports" };
        _reader.Start();
    }

    /// <summary>The process number of the launcher.</summary>
    public int ProcessId { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The id is in use, or the spec has a value that means nothing.</exception>
    public void Start(long id, ProcessSpec spec, Action<long, ProcessReport> ended)
    {
        ArgumentNullException.ThrowIfNull(ended);
        LauncherFrame.Validate(spec);
        ArrayBufferWriter<byte> frame = s_buffers.Get();
        try
        {
            if (!LauncherFrame.TryWriteRun(frame, id, spec))
            {
                // The kernel's own answer, whose limit is lower still.
                ended(id, new ProcessReport { StartError = $"cannot start '{spec.Program}': Argument list too long" });
                return;
            }
            Enter(id, ended);
            Send(frame);
        }
        finally
        {
            s_buffers.Return(frame);
        }
        if (_lost is { } reason)
            End(id, new ProcessReport { LauncherLost = true, StartError = reason });
    }

    /// <inheritdoc/>
    public void Measure(Action<IReadOnlyList<CaseMemory>> measured)
    {
        ArgumentNullException.ThrowIfNull(measured);
        ArrayBufferWriter<byte> frame = s_buffers.Get();
        LauncherFrame.WriteMeasure(frame, id: 0);
        lock (_gate)
        {
            _measures.Enqueue(measured);
            Send(frame);
        }
        s_buffers.Return(frame);
    }

    /// <inheritdoc/>
    public void Cancel(long id)
    {
        if (!_pending.ContainsKey(id))
            return;
        ArrayBufferWriter<byte> frame = s_buffers.Get();
        LauncherFrame.WriteCancel(frame, id);
        Send(frame);
        s_buffers.Return(frame);
    }

    /// <summary>Ends all cases, reports them, and ends the launcher.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            CloseRequests();
        }
        // From `ended` there is nobody else to wait for: the reader finishes by itself.
        if (Thread.CurrentThread == _reader || _reader.Join(s_patience))
            return;
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended after all.
        }
        _reader.Join();
    }

    private void Enter(long id, Action<long, ProcessReport> ended)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_pending.TryAdd(id, ended))
                throw new ArgumentException($"Case {id} is running.", nameof(id));
        }
    }

    /// <summary>Calls back for a case that nobody else has called back for.</summary>
    private void End(long id, ProcessReport report)
    {
        if (_pending.TryRemove(id, out Action<long, ProcessReport>? ended))
            ended(id, report);
    }

    /// <summary>Hands a frame to the launcher. One that is lost on the way belongs to a launcher that has died:
    /// the reader sees that too and ends the case.</summary>
    private void Send(ArrayBufferWriter<byte> frame)
    {
        lock (_gate)
        {
            if (_disposed || _lost is not null)
                return;
            try
            {
                _requests.Write(frame.WrittenSpan);
                _requests.Flush();
            }
            catch (IOException)
            {
            }
        }
    }

    private void CloseRequests()
    {
        try
        {
            _requests.Dispose();
        }
        catch (IOException)
        {
            // Nothing is buffered, so nothing is lost.
        }
    }

    private void ReadReports()
    {
        string reason;
        try
        {
            var reports = new LauncherReport(_process.StandardOutput.BaseStream, Answer);
            while (reports.TryRead(out long id, out ProcessReport report))
                End(id, report);
            reason = Epitaph();
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            reason = $"the launcher's reports cannot be read: {e.Message}";
            _process.Kill();
        }
        _lost = reason;
        foreach (long id in _pending.Keys)
            End(id, new ProcessReport { LauncherLost = true, StartError = reason });
        _process.Dispose();
    }

    private void Answer(IReadOnlyList<CaseMemory> held)
    {
        if (_measures.TryDequeue(out Action<IReadOnlyList<CaseMemory>>? measured))
            measured(held);
    }

    /// <summary>Why the launcher ended: its exit code and what it wrote to standard error.</summary>
    private string Epitaph()
    {
        string last = _process.StandardError.ReadToEnd().Trim();
        _process.WaitForExit();
        string code = _process.ExitCode.ToString(CultureInfo.InvariantCulture);
        return $"the launcher ended unexpectedly (exit {code}{(last.Length > 0 ? ": " + last : "")})";
    }

    /// <summary>Frames are a few hundred bytes; one with a huge command line is not kept.</summary>
    private sealed class BufferPolicy : PooledObjectPolicy<ArrayBufferWriter<byte>>
    {
        private const int MaxKept = 64 * 1024;

        public override ArrayBufferWriter<byte> Create() => new(512);

        public override bool Return(ArrayBufferWriter<byte> buffer)
        {
            buffer.ResetWrittenCount();
            return buffer.Capacity <= MaxKept;
        }
    }
}
