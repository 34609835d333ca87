using Defragger.WhatIf;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Defragger.Reports;

/// <summary>What policies held over a trace, as a graph.</summary>
internal static class TraceGraph
{
    private static readonly (string Policy, string Title, OxyColor Colour, LineStyle Style)[] s_lines =
    [
        ("SizeClasses", "size classes", OxyColor.FromRgb(0xd6, 0x9e, 0x2e), LineStyle.Solid),
        ("BestFit", "best fit", OxyColor.FromRgb(0xc0, 0x56, 0x21), LineStyle.Solid),
        ("BestFit+Purge", "best fit, purged", OxyColor.FromRgb(0xc0, 0x56, 0x21), LineStyle.Dash),
        (PolicyName.Defragger, "Defragger", OxyColor.FromRgb(0x2b, 0x6c, 0xb0), LineStyle.Solid),
        (PolicyName.Merged(8), "Defragger, merged", OxyColor.FromRgb(0x2b, 0x6c, 0xb0), LineStyle.Dash),
    ];

    /// <summary>Draws a measurement as SVG.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Draw(TraceMeasurement found, string svg)
    {
        PlotModel model = GraphStyle.Model(found.Command ?? Path.GetFileName(found.Path));
        double most = found.Moments.Max(moment => moment.Held.Values.Max()) / (double)(1 << 20);
        (string unit, double operations) = found.Operations >= 2_000_000 ? ("million operations", 1e6) : found.Operations >= 2_000 ? ("thousand operations", 1e3) : ("operations", 1);
        model.Axes.Add(GraphStyle.Axis(AxisPosition.Left, "MB", Math.Max(1, most * 1.05), null));
        model.Axes.Add(GraphStyle.Axis(AxisPosition.Bottom, unit, Math.Max(1, found.Operations) / operations, null));
        var live = new AreaSeries
        {
            Title = "live", Color = GraphStyle.Quiet, Fill = OxyColor.FromRgb(0xe2, 0xe8, 0xf0), StrokeThickness = 1,
        };
        foreach (TraceMoment moment in found.Moments) live.Points.Add(At(moment, moment.Live));
        model.Series.Add(live);
        foreach ((string policy, string title, OxyColor colour, LineStyle style) in s_lines)
        {
            var line = new LineSeries { Title = title, Color = colour, LineStyle = style, StrokeThickness = 1.6 };
            foreach (TraceMoment moment in found.Moments) line.Points.Add(At(moment, moment.Held[policy]));
            model.Series.Add(line);
        }
        GraphStyle.Write(model, svg);

        DataPoint At(TraceMoment moment, long bytes) => new(moment.Operations / operations, bytes / (double)(1 << 20));
    }
}
