using Defragger.Simulation;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Defragger.Reports;

/// <summary>Used memory over a simulated run, one line a policy, as SVG.</summary>
internal sealed class SimulationGraph
{
    private const double Gigabyte = 1L << 30, Hour = 3600;

    // More points than pixels only make the file large: of each stretch the lowest and the highest sample are kept.
    private const int Stretches = 300;

    private static readonly OxyColor s_grid = OxyColor.FromRgb(0xe8, 0xec, 0xf0);
    private static readonly OxyColor s_frame = OxyColor.FromRgb(0x71, 0x80, 0x96);

    // Told apart by people who do not see red and green as different (Okabe and Ito).
    private static readonly OxyColor[] s_colours =
    [
        OxyColor.FromRgb(0x00, 0x72, 0xb2), OxyColor.FromRgb(0xd5, 0x5e, 0x00), OxyColor.FromRgb(0x00, 0x9e, 0x73),
        OxyColor.FromRgb(0xcc, 0x79, 0xa7), OxyColor.FromRgb(0xe6, 0x9f, 0x00), OxyColor.FromRgb(0x56, 0xb4, 0xe9),
    ];

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
    /// <param name="memory">The machine's memory, in bytes: the line that is not to be crossed.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Draw(string svg, string title, long memory)
    {
        var model = new PlotModel { Title = title, TitleFontSize = 14, TitleFontWeight = 400, PlotAreaBorderThickness = new(0) };
        model.DefaultFont = "Arial, Helvetica, sans-serif";
        model.Padding = new OxyThickness(16, 12, 24, 12);
        model.Background = OxyColors.White;
        model.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.BottomCenter,
            LegendOrientation = LegendOrientation.Horizontal,
            LegendItemSpacing = 48, // text is measured without the viewer's font; room for a wider one
            LegendPadding = 24,
        });
        double last = _runs.SelectMany(run => run.Samples.TakeLast(1)).Select(sample => sample.Seconds).DefaultIfEmpty(1).Max();
        model.Axes.Add(Axis(AxisPosition.Bottom, "hours", last / Hour));
        model.Axes.Add(Axis(AxisPosition.Left, "used memory, GB", memory / Gigabyte * 1.05));
        for (int i = 0; i < _runs.Count; i++)
        {
            var line = new LineSeries { Title = _runs[i].Policy, Color = s_colours[i % s_colours.Length], StrokeThickness = 1 };
            line.Points.AddRange(Thin(_runs[i].Samples).Select(sample => new DataPoint(sample.Seconds / Hour, sample.Used / Gigabyte)));
            model.Series.Add(line);
        }
        var limit = new LineSeries { Title = "memory there is", Color = s_frame, StrokeThickness = 1.5, LineStyle = LineStyle.Dash };
        limit.Points.Add(new DataPoint(0, memory / Gigabyte));
        limit.Points.Add(new DataPoint(last / Hour, memory / Gigabyte));
        model.Series.Add(limit);

        string beside = svg + ".new";
        using (FileStream file = File.Create(beside)) new SvgExporter { Width = 1000, Height = 460 }.Export(model, file);
        File.Move(beside, svg, overwrite: true);
    }

    private static IEnumerable<SimulatedSample> Thin(List<SimulatedSample> samples)
    {
        int stretch = Math.Max(1, samples.Count / Stretches);
        return stretch == 1 ? samples : samples.Chunk(stretch)
            .SelectMany(part => new[] { part.MinBy(sample => sample.Used), part.MaxBy(sample => sample.Used) }.OrderBy(sample => sample.Seconds));
    }

    private static LinearAxis Axis(AxisPosition position, string title, double maximum) => new()
    {
        Position = position,
        Title = title,
        Minimum = 0,
        Maximum = maximum,
        AxisTitleDistance = 14,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = s_grid,
        TicklineColor = s_grid,
        AxislineColor = s_frame,
        AxislineStyle = LineStyle.Solid,
    };
}
