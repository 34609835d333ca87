using System.Globalization;

namespace Defragger.Measure;

/// <summary>The samples of a measurement as CSV, a line each.</summary>
/// <remarks>A sample is written when it tells something: resident memory has moved by 1 % of the most that there was, a
/// process has come or gone, proportional memory is known, or a second has passed. A day stays below 8 MB.</remarks>
internal sealed class SampleFile : IDisposable
{
    /// <summary>The first line of every file.</summary>
    public const string Heading =
        "seconds,processes,resident_bytes,anonymous_bytes,proportional_bytes,cgroup_bytes,available_bytes,stalled_percent";

    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;

    private readonly StreamWriter _writer;
    private long _most;
    private TreeSample? _written;
    private TreeSample? _pending;

    private SampleFile(StreamWriter writer) => _writer = writer;

    /// <summary>Begins a file; one that lies there is replaced.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static SampleFile Create(string path)
    {
        var writer = new StreamWriter(path) { NewLine = "\n" };
        writer.WriteLine(Heading);
        return new SampleFile(writer);
    }

    /// <summary>Takes the next sample.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Add(TreeSample sample)
    {
        // A new most is written by itself: whoever reads the file finds the same peak.
        bool tells = _written is not TreeSample last || sample.Seconds - last.Seconds >= 1 || sample.Processes != last.Processes
            || sample.Proportional != null || sample.Resident > _most || Math.Abs(sample.Resident - last.Resident) * 100 >= _most;
        _most = Math.Max(_most, sample.Resident);
        _pending = tells ? null : sample;
        if (tells) Write(sample);
    }

    /// <summary>Reads a file; a last line that is cut is passed over.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no such file: the message says which line is wrong.</exception>
    public static IEnumerable<TreeSample> Read(string path)
    {
        using var reader = new StreamReader(path);
        string? line = reader.ReadLine();
        if (line != Heading)
            throw new FormatException($"'{path}' does not begin with '{Heading}': it is no memory.csv of Measure-DefragMemory");
        for (int number = 2; (line = reader.ReadLine()) != null; number++)
        {
            if (Parse(line) is TreeSample sample) yield return sample;
            else if (!reader.EndOfStream) throw new FormatException($"line {number} of '{path}' is no sample: '{line}'");
        }
    }

    /// <summary>Writes the last sample, whatever it tells, and closes the file.</summary>
    public void Dispose()
    {
        if (_pending is TreeSample last) Write(last);
        _pending = null;
        _writer.Dispose();
    }

    /// <summary>A sample as a line; <see cref="Parse"/> is its inverse, but for times below a millisecond.</summary>
    internal static string Format(TreeSample sample) => string.Create(s_plain,
        $"{sample.Seconds:0.###},{sample.Processes},{sample.Resident},{sample.Anonymous},{sample.Proportional},{sample.Cgroup},{sample.Available},{sample.Stalled:0.##}");

    /// <summary>A line as a sample; null when it is none.</summary>
    internal static TreeSample? Parse(string line)
    {
        string[] fields = line.Split(',');
        return fields.Length == 8
            && Real(fields[0]) is double seconds
            && int.TryParse(fields[1], NumberStyles.None, s_plain, out int processes)
            && Whole(fields[2]) is long resident && Whole(fields[3]) is long anonymous
            && Optional(fields[4], Whole, out long? proportional) && Optional(fields[5], Whole, out long? cgroup)
            && Whole(fields[6]) is long available && Optional(fields[7], Real, out double? stalled)
            ? new TreeSample(seconds, processes, resident, anonymous, proportional, cgroup, available, stalled) : null;
    }

    private void Write(TreeSample sample)
    {
        // A measurement that is killed leaves all but its last second.
        if (_written == null || Math.Floor(sample.Seconds) > Math.Floor(_written.Seconds)) _writer.Flush();
        _written = sample;
        _writer.WriteLine(Format(sample));
    }

    private static long? Whole(string text) => long.TryParse(text, NumberStyles.None, s_plain, out long value) ? value : null;

    private static double? Real(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, s_plain, out double value) ? value : null;

    private static bool Optional<T>(string text, Func<string, T?> parse, out T? value) where T : struct
    {
        value = text.Length == 0 ? null : parse(text);
        return text.Length == 0 || value != null;
    }
}
