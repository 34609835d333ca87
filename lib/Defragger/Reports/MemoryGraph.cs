using Defragger.Compare;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Defragger.Reports;

/// <summary>Memory over a run with the workers and their limit, as SVG. Drawn from the samples on disk, never from
/// a run's live state, so that an old run can be drawn again.</summary>
internal static class MemoryGraph
{
    private const double Gigabyte = 1L << 30;

    // More points than pixels only make the file large: each stretch keeps its highest sample.
    private const int MostPoints = 1000;

    private static readonly OxyColor s_used = OxyColor.FromRgb(0x2b, 0x6c, 0xb0);
    private static readonly OxyColor s_reserved = OxyColor.FromRgb(0x80, 0x5a, 0xd5);
    private static readonly OxyColor s_limit = OxyColor.FromRgb(0xc0, 0x56, 0x21);
    private static readonly OxyColor s_workers = GraphStyle.Quiet;

    /// <summary>Draws the samples of a run. The file is written beside and renamed, so it is never half there.</summary>
    /// <param name="samples">The CSV file of a <see cref="MemoryLog"/>.</param>
    /// <param name="svg">The file to write.</param>
    /// <param name="title">The line above the graph.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Draw(string samples, string svg, string title)
    {
        List<MemorySample> points = Thin([.. MemoryLog.Read(samples)]);
        GraphStyle.Write(Model(points, title), svg);
    }

    /// <summary>At most <see cref="MostPoints"/> stretches of equal length, of each the first sample and the one with most memory.</summary>
    internal static List<MemorySample> Thin(IReadOnlyList<MemorySample> samples)
    {
        if (samples.Count <= MostPoints) return [.. samples];
        var kept = new List<MemorySample>();
        int stretch = (samples.Count + (MostPoints / 2) - 1) / (MostPoints / 2);
        for (int from = 0; from < samples.Count; from += stretch)
        {
            int highest = from;
            for (int i = from; i < Math.Min(from + stretch, samples.Count); i++)
            {
                if (samples[i].Used > samples[highest].Used) highest = i;
            }
            kept.Add(samples[from]);
            if (highest != from) kept.Add(samples[highest]);
        }
        return kept;
    }

    private static PlotModel Model(List<MemorySample> points, string title)
    {
        double last = points.Count == 0 ? 0 : points[^1].Seconds;
        (string unit, double scale) = GraphStyle.TimeUnit(last);
        int most = points.Count == 0 ? 1 : points.Max(sample => Math.Max(sample.Limit, sample.Workers));
        double total = points.Count == 0 ? 1 : points[^1].Total / Gigabyte;

        PlotModel model = GraphStyle.Model(title);
        model.Axes.Add(GraphStyle.Axis(AxisPosition.Bottom, unit, Math.Max(last, 0.1) / scale, null));
        model.Axes.Add(GraphStyle.Axis(AxisPosition.Left, "memory, GB", total * 1.02, "memory"));
        LinearAxis workers = GraphStyle.Axis(AxisPosition.Right, "workers", most * 1.1, "workers");
        workers.MinimumMajorStep = 1;
        workers.MajorGridlineStyle = LineStyle.None;
        model.Axes.Add(workers);

        model.Series.Add(Fill("used memory", s_used, points, scale));
        if (points.Any(sample => sample.Reserved > 0))
            model.Series.Add(Line("reserved", s_reserved, points, scale));
        model.Series.Add(Step("cases running", s_workers, LineStyle.Solid, points, scale, sample => sample.Workers));
        model.Series.Add(Step("worker limit", s_limit, LineStyle.Dash, points, scale, sample => sample.Limit));
        return model;
    }

    private static AreaSeries Fill(string title, OxyColor color, List<MemorySample> points, double scale)
    {
        var series = new AreaSeries
        {
            Title = title, Color = color, Fill = OxyColor.FromAColor(48, color), StrokeThickness = 1.5, YAxisKey = "memory",
        };
        series.Points.AddRange(points.Select(sample => new DataPoint(sample.Seconds / scale, sample.Used / Gigabyte)));
        series.Points2.AddRange(points.Select(sample => new DataPoint(sample.Seconds / scale, 0)));
        return series;
    }

    private static StairStepSeries Line(string title, OxyColor color, List<MemorySample> points, double scale)
    {
        var series = new StairStepSeries { Title = title, Color = color, StrokeThickness = 1.5, YAxisKey = "memory" };
        series.Points.AddRange(points.Select(sample => new DataPoint(sample.Seconds / scale, sample.Reserved / Gigabyte)));
        return series;
    }

    private static StairStepSeries Step(
        string title, OxyColor color, LineStyle style, List<MemorySample> points, double scale, Func<MemorySample, int> value)
    {
        var series = new StairStepSeries
        {
            Title = title, Color = color, StrokeThickness = 1.5, LineStyle = style, VerticalLineStyle = style, YAxisKey = "workers",
        };
        series.Points.AddRange(points.Select(sample => new DataPoint(sample.Seconds / scale, value(sample))));
        return series;
    }
}
