using System.Globalization;

namespace Defragger.Comparers.Rules;

/// <summary>By how much two numbers may differ.</summary>
/// <param name="Bound">The greatest difference; of the larger of the two amounts if <paramref name="IsRelative"/>.</param>
/// <param name="IsRelative">0.1 for ten per cent.</param>
internal readonly record struct Tolerance(double Bound, bool IsRelative)
{
    /// <summary>Reads '10%' (relative) or '1e-9' (absolute).</summary>
    /// <exception cref="FormatException">It is neither, or less than 0.</exception>
    public static Tolerance Parse(string text)
    {
        string number = text.Trim();
        bool isRelative = number.EndsWith('%');
        if (isRelative)
            number = number[..^1];
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double bound)
            && double.IsFinite(bound) && bound >= 0
            ? new Tolerance(isRelative ? bound / 100 : bound, isRelative)
            : throw new FormatException($"'{text}' is no tolerance; write an amount such as 1e-9, or a share such as 10%");
    }

    /// <summary>Whether two numbers differ by no more than that.</summary>
    public bool Covers(double left, double right)
    {
        double difference = Math.Abs(left - right);
        return difference <= (IsRelative ? Bound * Math.Max(Math.Abs(left), Math.Abs(right)) : Bound);
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => IsRelative
        ? $"{(Bound * 100).ToString("R", CultureInfo.InvariantCulture)}%"
        : Bound.ToString("R", CultureInfo.InvariantCulture);
}
