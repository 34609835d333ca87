using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Defragger.Engines;

/// <summary>
/// Reads the reports of <c>defrag-launch</c> from a stream, one after the other: a line of JSON, then the kept
/// bytes of the two output streams (the format is told in <c>launcher/report.h</c>).
/// </summary>
/// <remarks>One buffer serves all reports: it grows to the largest one and holds what was read beyond it.</remarks>
/// <param name="stream">What the launcher writes.</param>
/// <param name="measured">Told each answer to a measure, while the next report is waited for.</param>
internal sealed class LauncherReport(Stream stream, Action<IReadOnlyList<CaseMemory>>? measured = null)
{
    /// <summary>Longer than any line that the launcher writes; REPORT_LINE_MAX there is 7 KiB.</summary>
    public const int MaxLine = 16 * 1024;

    /// <summary>What is kept of one stream is at most the capture limit and the line that tells of the rest.</summary>
    private const int MaxKept = ProcessSpec.MaxCaptureLimit + 64;

    /// <summary>More cases than can run at once.</summary>
    private const int MaxMeasured = 1 << 20;

    private const int MeasuredSize = 2 * sizeof(ulong);

    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Waits for the next report; false at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">The stream is no series of reports.</exception>
    public bool TryRead(out long id, out ProcessReport report)
    {
        id = 0;
        report = new ProcessReport();
        ReportLine line;
        while (true)
        {
            if (!TryReadLine(out line))
                return false;
            if (line.Measured is not int count)
                break;
            IReadOnlyList<CaseMemory> held = ReadMeasured(count);
            measured?.Invoke(held);
        }
        while (Unread.Length < line.Output + line.Error)
        {
            if (!Fill(line.Output + line.Error))
                throw new InvalidDataException($"The report of case {line.Id} is cut.");
        }
        id = line.Id;
        report = line.ToReport(
            Encoding.UTF8.GetString(Unread[..line.Output]),
            Encoding.UTF8.GetString(Unread.Slice(line.Output, line.Error)));
        _start += line.Output + line.Error;
        return true;
    }

    private CaseMemory[] ReadMeasured(int count)
    {
        while (Unread.Length < count * MeasuredSize)
        {
            if (!Fill(count * MeasuredSize))
                throw new InvalidDataException("The answer to a measure is cut.");
        }
        var held = new CaseMemory[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> pair = Unread.Slice(i * MeasuredSize, MeasuredSize);
            held[i] = new CaseMemory(
                unchecked((long)BinaryPrimitives.ReadUInt64LittleEndian(pair)),
                (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(pair[sizeof(ulong)..]), long.MaxValue));
        }
        _start += count * MeasuredSize;
        return held;
    }

    private bool TryReadLine(out ReportLine line)
    {
        int length;
        while ((length = Unread.IndexOf((byte)'\n')) < 0)
        {
            if (Unread.Length >= MaxLine)
                throw new InvalidDataException("A report has no first line.");
            if (Fill(MaxLine))
                continue;
            line = default;
            return Unread.IsEmpty ? false : throw new InvalidDataException("The last report is cut.");
        }
        line = ReportLine.Parse(Unread[..length]);
        if (line.Measured is < 0 or > MaxMeasured)
            throw new InvalidDataException($"{line.Measured} cases are measured.");
        if (line.Output is < 0 or > MaxKept || line.Error is < 0 or > MaxKept)
            throw new InvalidDataException($"A report keeps {line.Output} and {line.Error} bytes.");
        _start += length + 1;
        return true;
    }

    /// <summary>Reads once more, with room for <paramref name="wanted"/> unread bytes; false at the end.</summary>
    private bool Fill(int wanted)
    {
        if (_buffer.Length - _start < wanted)
        {
            byte[] target = _buffer.Length < wanted ? new byte[Math.Max(wanted, 2 * _buffer.Length)] : _buffer;
            Unread.CopyTo(target);
            _end -= _start;
            _start = 0;
            _buffer = target;
        }
        int got = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += got;
        return got > 0;
    }

    /// <summary>The line of a report, value by value.</summary>
    private struct ReportLine
    {
        public long Id;
        public int Output;
        public int Error;
        public int? Measured;
        private bool _hasId;
        private int? _exit;
        private int? _signal;
        private bool _timeout;
        private bool _cancelled;
        private bool _oom;
        private string? _problem;
        private long _wall;
        private long _user;
        private long _system;
        private long _peak;
        private PeakSource _peakSource;
        private bool? _memoryLimited;
        private int _strays;
        private long _outputTotal;
        private long _errorTotal;

        /// <exception cref="InvalidDataException">The line is no report.</exception>
        public static ReportLine Parse(ReadOnlySpan<byte> text)
        {
            try
            {
                var line = new ReportLine();
                var json = new Utf8JsonReader(text);
                while (json.Read())
                {
                    if (json.TokenType == JsonTokenType.PropertyName)
                        line.Take(ref json);
                }
                return line._hasId ? line : throw new FormatException("There is no id.");
            }
            catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
            {
                throw new InvalidDataException($"No report: {Encoding.UTF8.GetString(text)}", e);
            }
        }

        public readonly ProcessReport ToReport(string output, string error) => new()
        {
            ExitCode = _exit,
            Signal = _signal,
            TimedOut = _timeout,
            Cancelled = _cancelled,
            OutOfMemory = _oom,
            StartError = _problem,
            Duration = TimeSpan.FromMicroseconds(_wall),
            UserTime = TimeSpan.FromMicroseconds(_user),
            SystemTime = TimeSpan.FromMicroseconds(_system),
            PeakMemory = _peak,
            PeakSource = _peakSource,
            MemoryLimited = _memoryLimited,
            Strays = _strays,
            StandardOutput = output,
            StandardOutputLength = _outputTotal,
            StandardError = error,
            StandardErrorLength = _errorTotal,
        };

        /// <summary>Takes one property; what a later launcher may add is skipped.</summary>
        private void Take(ref Utf8JsonReader json)
        {
            string name = json.GetString()!;
            json.Read();
            switch (name)
            {
                case "id": (Id, _hasId) = (unchecked((long)json.GetUInt64()), true); break;
                case "measured": Measured = json.GetInt32(); break;
                case "exit": _exit = NumberOrNull(ref json); break;
                case "signal": _signal = NumberOrNull(ref json); break;
                case "timeout": _timeout = json.GetBoolean(); break;
                case "cancelled": _cancelled = json.GetBoolean(); break;
                case "oom": _oom = json.GetBoolean(); break;
                case "error": _problem = json.GetString(); break;
                case "wall_us": _wall = json.GetInt64(); break;
                case "user_us": _user = json.GetInt64(); break;
                case "system_us": _system = json.GetInt64(); break;
                case "peak_bytes": _peak = json.GetInt64(); break;
                case "peak_source": _peakSource = Source(json.GetString()); break;
                case "memory_limited": _memoryLimited = json.TokenType == JsonTokenType.Null ? null : json.GetBoolean(); break;
                case "strays": _strays = json.GetInt32(); break;
                case "stdout": Output = json.GetInt32(); break;
                case "stdout_total": _outputTotal = json.GetInt64(); break;
                case "stderr": Error = json.GetInt32(); break;
                case "stderr_total": _errorTotal = json.GetInt64(); break;
                default: json.Skip(); break;
            }
        }

        private static int? NumberOrNull(ref Utf8JsonReader json) =>
            json.TokenType == JsonTokenType.Null ? null : json.GetInt32();

        private static PeakSource Source(string? name) => name switch
        {
            "rusage" => PeakSource.Rusage,
            "cgroup" => PeakSource.Cgroup,
            _ => PeakSource.None,
        };
    }
}
