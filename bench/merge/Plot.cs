using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Defragger.Bench.Merge;

/// <summary>What is held in the end, a bar for each malloc, and what is live, a line.</summary>
internal static class Plot
{
    public const string Name = "merging.svg";

    private const double Mebibyte = 1 << 20, HalfBar = 0.3;

    public static PlotModel Of(Results results)
    {
        PlotModel model = PlotStyle.Model("A compare worker in Python, two seconds after its last case: memory held (Pss), and what is live (line)");
        CategoryAxis names = PlotStyle.Names();
        // A line a word or two: the names of settings are wider than their bars.
        names.Labels.AddRange(results.Measurement.Settings.Select(one => one.Name.Replace("merged ", "merged\n", StringComparison.Ordinal)));
        model.Axes.Add(names);
        model.Axes.Add(PlotStyle.Values("MiB"));
        var bars = new RectangleBarSeries { StrokeThickness = 0 };
        for (int i = 0; i < results.Measurement.Settings.Count; i++)
        {
            Setting setting = results.Measurement.Settings[i];
            double held = results.OfLive(setting) * results.Live / Mebibyte;
            bars.Items.Add(new RectangleBarItem(i - HalfBar, 0, i + HalfBar, held) { Color = Results.IsOurs(setting) ? PlotStyle.Ours : PlotStyle.Stock });
            model.Annotations.Add(new TextAnnotation
            {
                Text = held.ToString("f0", System.Globalization.CultureInfo.InvariantCulture), TextPosition = new DataPoint(i, held),
                TextVerticalAlignment = VerticalAlignment.Bottom, TextHorizontalAlignment = HorizontalAlignment.Center,
                Stroke = OxyColors.Transparent, TextColor = PlotStyle.Mark,
            });
        }
        model.Series.Add(bars);
        model.Annotations.Add(new LineAnnotation
        {
            Type = LineAnnotationType.Horizontal, Y = results.Live / Mebibyte, Color = PlotStyle.Mark, LineStyle = LineStyle.Dash, StrokeThickness = 1,
        });
        return model;
    }
}
