using Defragger.Simulation;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Defragger.Reports;

/// <summary>Used memory over a simulated run, one panel a policy below each other, as SVG: of each stretch of time the band
/// from the lowest to the highest.</summary>
internal sealed class SimulationGraph
{
    private const double Gigabyte = 1L << 30, Hour = 3600;

    private const double PanelHeight = 150, Margins = 130;

    // Memory goes up and down with every case; single values over hours would be a solid block.
    private const int Stretches = 250;

    private static readonly OxyColor s_used = OxyColor.FromRgb(0x2b, 0x6c, 0xb0);
    private static readonly OxyColor s_limit = OxyColor.FromRgb(0xc0, 0x56, 0x21);

    private readonly List<(string Policy, List<SimulatedSample> Samples)> _runs = [];

    /// <summary>A place for the samples of another policy's run.</summary>
    /// <returns>What to hand to the simulator.</returns>
    public Action<SimulatedSample> Watch(string policy)
    {
        var samples = new List<SimulatedSample>();
        _runs.Add((policy, samples));
        return samples.Add;
    }

    /// <summary>Draws what was watched. The file is written beside and renamed, so it is never half there.</summary>
    /// <param name="svg">The file to write; one that is there is replaced.</param>
    /// <param name="title">The line above the graph.</param>
    /// <param name="memory">The machine's memory, in bytes: the dashed line.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Draw(string svg, string title, long memory)
    {
        PlotModel model = GraphStyle.Model(title);
        model.Legends.Clear(); // each panel's axis has its name
        model.Padding = new OxyThickness(16, 12, 24, 12); // room for the last hour's number
        double last = _runs.SelectMany(run => run.Samples.TakeLast(1)).Select(sample => sample.Seconds).DefaultIfEmpty(1).Max();
        model.Axes.Add(GraphStyle.Axis(AxisPosition.Bottom, "hours", last / Hour, key: null));
        for (int i = 0; i < _runs.Count; i++)
        {
            LinearAxis panel = GraphStyle.Axis(AxisPosition.Left, $"{_runs[i].Policy}, GB", memory / Gigabyte * 1.1, $"panel{i}");
            // From the top down, with a little room between.
            panel.StartPosition = 1 - ((i + 0.9) / _runs.Count);
            panel.EndPosition = 1 - ((double)i / _runs.Count);
            model.Axes.Add(panel);
            model.Series.Add(Band(_runs[i].Samples, panel.Key));
            model.Series.Add(Limit(memory / Gigabyte, last / Hour, panel.Key));
        }

        GraphStyle.Write(model, svg, Margins + (PanelHeight * _runs.Count));
    }

    private static AreaSeries Band(List<SimulatedSample> samples, string panel)
    {
        var band = new AreaSeries
        {
            Color = s_used, Color2 = s_used, Fill = OxyColor.FromAColor(72, s_used), StrokeThickness = 1, YAxisKey = panel,
        };
        foreach (SimulatedSample[] part in samples.Chunk(Math.Max(1, samples.Count / Stretches)))
        {
            double at = part[0].Seconds / Hour;
            band.Points.Add(new DataPoint(at, part.Max(sample => sample.Used) / Gigabyte));
            band.Points2.Add(new DataPoint(at, part.Min(sample => sample.Used) / Gigabyte));
        }
        return band;
    }

    private static LineSeries Limit(double gigabytes, double hours, string panel)
    {
        var limit = new LineSeries { Color = s_limit, StrokeThickness = 1.5, LineStyle = LineStyle.Dash, YAxisKey = panel };
        limit.Points.Add(new DataPoint(0, gigabytes));
        limit.Points.Add(new DataPoint(hours, gigabytes));
        return limit;
    }
}
