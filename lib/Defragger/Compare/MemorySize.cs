using System.Globalization;

namespace Defragger.Compare;

/// <summary>An amount of memory as a person writes it: bytes, or a share of what the machine has.</summary>
/// <remarks>Units are powers of 1024, as in PowerShell: '32GB' is 34,359,738,368 bytes. '90%' is a share.</remarks>
internal readonly record struct MemorySize
{
    private static readonly (string Unit, long Factor)[] s_units =
    [
        ("TB", 1L << 40), ("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10),
        ("T", 1L << 40), ("G", 1L << 30), ("M", 1L << 20), ("K", 1L << 10), ("B", 1),
    ];

    private MemorySize(long bytes, double share, string text) => (Bytes, Share, Text) = (bytes, share, text);

    /// <summary>The amount in bytes; 0 when it is a share.</summary>
    public long Bytes { get; }

    /// <summary>The share, above 0 and at most 1; 0 when it is an amount.</summary>
    public double Share { get; }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The amount in bytes on a machine that has <paramref name="total"/>.</summary>
    public long In(long total) => Share > 0 ? (long)(total * Share) : Bytes;

    /// <summary>An amount of bytes.</summary>
    public static MemorySize Of(long bytes) => new(bytes, 0, Format(bytes));

    /// <summary>A share of what the machine has.</summary>
    public static MemorySize Of(double share) =>
        new(0, share, (share * 100).ToString("0.#", CultureInfo.InvariantCulture) + "%");

    /// <summary>Reads '32GB', '512 MB', '1.5G', '90%' or a count of bytes.</summary>
    /// <exception cref="FormatException">The text is not such an amount, or not above zero.</exception>
    public static MemorySize Parse(string text)
    {
        string trimmed = text.Trim();
        if (trimmed.EndsWith('%'))
        {
            double percent = Number(trimmed[..^1], text);
            return percent <= 100 ? new(0, percent / 100, trimmed) : throw Fault(text, "more than 100 %");
        }
        foreach ((string unit, long factor) in s_units)
        {
            if (trimmed.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
                return Amount(Number(trimmed[..^unit.Length], text) * factor, trimmed);
        }
        return Amount(Number(trimmed, text), trimmed);

        MemorySize Amount(double bytes, string written) => bytes < 1 ? throw Fault(text, "less than one byte")
            : bytes >= long.MaxValue ? throw Fault(text, "more than any machine has")
            : new((long)bytes, 0, written);
    }

    /// <summary>Bytes for people: three digits and a unit ('1.25 GB').</summary>
    public static string Format(long bytes)
    {
        foreach ((string unit, long factor) in s_units.AsSpan(0, 4))
        {
            if (bytes < factor) continue;
            double value = (double)bytes / factor;
            return value.ToString(value < 10 ? "0.##" : value < 100 ? "0.#" : "0", CultureInfo.InvariantCulture) + " " + unit;
        }
        return bytes.ToString(CultureInfo.InvariantCulture) + " B";
    }

    /// <summary>The amount as it was written.</summary>
    public override string ToString() => Text;

    private static double Number(string digits, string text) =>
        double.TryParse(digits.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            ? value > 0 ? value : throw Fault(text, "not above zero")
            : throw Fault(text, "not a number with a unit");

    private static FormatException Fault(string text, string what) =>
        new($"'{text}' is {what}; write an amount such as 32GB, 512MB or 90%.");
}
