using System.Globalization;

namespace Defragger.Compare;

/// <summary>One moment of a run.</summary>
/// <param name="Seconds">Since the run began.</param>
/// <param name="Used">Used memory, in bytes.</param>
/// <param name="Total">The memory there is to share, in bytes.</param>
/// <param name="Workers">Cases running.</param>
/// <param name="Limit">Cases that might have run.</param>
/// <param name="Reserved">What was set aside for the running cases, with what other programs used, in bytes; 0 when nothing is set aside.</param>
/// <param name="Budget">The most that might be planned with, in bytes; 0 when it is not known.</param>
/// <param name="Time">The clock's time, to the millisecond: by it cases are found that ran then. The default when it is not known.</param>
internal readonly record struct MemorySample(
    double Seconds, long Used, long Total, int Workers, int Limit, long Reserved = 0, long Budget = 0, DateTimeOffset Time = default);

/// <summary>The samples of a run as CSV, one line each: what the graph is drawn from.</summary>
/// <remarks>A sample is kept when the workers or their limit changed, used memory moved by 1 % of all there is, or a second
/// has passed: a run of six hours stays under 2 MB unless it truly moves.</remarks>
internal sealed class MemoryLog : IDisposable
{
    private const string Heading = "seconds,used_bytes,total_bytes,workers,limit,reserved_bytes,budget_bytes,time";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;

    private readonly StreamWriter _writer;
    private readonly double _start;
    private MemorySample? _last;

    private MemoryLog(StreamWriter writer, double start) => (_writer, _start) = (writer, start);

    /// <summary>Begins a log; one that lies there is replaced.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static MemoryLog Create(string path)
    {
        var writer = new StreamWriter(path) { NewLine = "\n" };
        writer.WriteLine(Heading);
        return new MemoryLog(writer, 0);
    }

    /// <summary>A log that keeps nothing but the peak.</summary>
    public static MemoryLog Unkept() => new(StreamWriter.Null, 0);

    /// <summary>Goes on with the log of an earlier run: its last moment is the new one's first.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static MemoryLog Resume(string path)
    {
        if (!File.Exists(path)) return Create(path);
        // A run that was killed may have left half a line; only whole ones are taken over.
        MemorySample[] whole = [.. Read(path)];
        MemoryLog log = Create(path);
        foreach (MemorySample sample in whole) log.Write(sample);
        return whole.Length == 0 ? log : new MemoryLog(log._writer, whole[^1].Seconds);
    }

    /// <summary>The most used memory seen, in bytes.</summary>
    public long PeakUsed { get; private set; }

    /// <summary>Takes a sample, and keeps it when it tells something.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Add(MemorySample sample, bool always = false)
    {
        PeakUsed = Math.Max(PeakUsed, sample.Used);
        bool moved = _last is not MemorySample last || sample.Seconds - last.Seconds >= 1
            || last.Workers != sample.Workers || last.Limit != sample.Limit
            || Math.Abs(last.Used - sample.Used) >= sample.Total / 100
            || Math.Abs(last.Reserved - sample.Reserved) >= sample.Total / 100;
        if (!moved && !always) return;
        _last = sample;
        Write(sample with { Seconds = _start + sample.Seconds });
    }

    /// <summary>Reads the samples of a run; a line that is not one (half written) is passed over.</summary>
    public static IEnumerable<MemorySample> Read(string path)
    {
        foreach (string line in File.ReadLines(path).Skip(1))
        {
            string[] fields = line.Split(',');
            long reserved = 0, budget = 0;
            DateTimeOffset time = default;
            if (fields.Length is 5 or 6 or 8 // the others came later
                && double.TryParse(fields[0], NumberStyles.Float, s_plain, out double seconds)
                && long.TryParse(fields[1], NumberStyles.None, s_plain, out long used)
                && long.TryParse(fields[2], NumberStyles.None, s_plain, out long total)
                && int.TryParse(fields[3], NumberStyles.None, s_plain, out int workers)
                && int.TryParse(fields[4], NumberStyles.None, s_plain, out int limit)
                && (fields.Length == 5 || long.TryParse(fields[5], NumberStyles.None, s_plain, out reserved))
                && (fields.Length < 8 || (long.TryParse(fields[6], NumberStyles.None, s_plain, out budget) && TryReadTime(fields[7], out time))))
                yield return new MemorySample(seconds, used, total, workers, limit, reserved, budget, time);
        }
    }

    private void Write(MemorySample sample)
    {
        string time = sample.Time == default ? "" : sample.Time.UtcDateTime.ToString(TimeFormat, s_plain);
        _writer.WriteLine(string.Create(s_plain,
            $"{sample.Seconds:0.###},{sample.Used},{sample.Total},{sample.Workers},{sample.Limit},{sample.Reserved},{sample.Budget},{time}"));
    }

    private static bool TryReadTime(string text, out DateTimeOffset time)
    {
        time = default;
        return text.Length == 0 || DateTimeOffset.TryParseExact(text, TimeFormat, s_plain, DateTimeStyles.AssumeUniversal, out time);
    }

    public void Dispose() => _writer.Dispose();
}
