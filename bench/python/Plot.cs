using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Defragger.Bench.Python;

/// <summary>What the resting worker holds in the course of its cases, on both Pythons.</summary>
internal static class Plot
{
    public const string Name = "python.svg";

    private const double Mebibyte = 1 << 20;

    // Where in a case's width its moments are drawn.
    private static readonly (string Key, double Place)[] s_moments = [("loaded", -0.3), ("dropped", 0.0), ("rested", 0.35)];

    public static PlotModel Of(Results results)
    {
        PlotModel model = PlotStyle.Model("A compare worker in Python: memory with a case loaded, after it was dropped, and two seconds later");
        CategoryAxis cases = PlotStyle.Names();
        cases.Labels.AddRange(Enumerable.Range(1, results.Cases).Select(number => $"case {number}"));
        model.Axes.Add(cases);
        model.Axes.Add(PlotStyle.Values("MiB"));
        model.Series.Add(Line(results, results.OnStock, PlotStyle.Stock));
        model.Series.Add(Line(results, results.OnOurs, PlotStyle.Ours));
        var live = new LineSeries { Title = "live", Color = PlotStyle.Mark, StrokeThickness = 1, LineStyle = LineStyle.Dash };
        live.Points.Add(new DataPoint(-0.5, results.Live / Mebibyte));
        live.Points.Add(new DataPoint(results.Cases - 0.5, results.Live / Mebibyte));
        model.Series.Add(live);
        return model;
    }

    private static LineSeries Line(Results results, Setting setting, OxyColor color)
    {
        var line = new LineSeries
        {
            Title = setting.Name, Color = color, StrokeThickness = 2, MarkerType = MarkerType.Circle, MarkerSize = 3.5, MarkerFill = color,
        };
        for (int number = 1; number <= results.Cases; number++)
        {
            foreach ((string key, double place) in s_moments)
            {
                double held = results.Measurement.Value(results.RestingWorker, setting, $"{key}-{number}");
                line.Points.Add(new DataPoint(number - 1 + place, held / Mebibyte));
            }
        }
        return line;
    }
}
