using Defragger.Measure;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Defragger.Reports;

/// <summary>Memory of a measured process tree over time, as SVG.</summary>
internal static class MeasureGraph
{
    private static readonly OxyColor s_resident = OxyColor.FromRgb(0x2b, 0x6c, 0xb0);
    private static readonly OxyColor s_anonymous = OxyColor.FromRgb(0x2f, 0x85, 0x5a);
    private static readonly OxyColor s_proportional = OxyColor.FromRgb(0xc0, 0x56, 0x21);

    /// <summary>Draws a measurement.</summary>
    /// <param name="measurement">What was measured.</param>
    /// <param name="svg">The file to write; one that lies there is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Draw(MemoryMeasurement measurement, string svg)
    {
        IReadOnlyList<TreeSample> samples = measurement.Samples;
        (string unit, double scale) = GraphStyle.TimeUnit(measurement.Elapsed.TotalSeconds);
        (string sizeUnit, double size) = measurement.PeakResident >= 4L << 30 ? ("GB", 1L << 30) : ("MB", 1L << 20);
        int most = Math.Max(1, measurement.PeakProcesses);

        PlotModel model = GraphStyle.Model(Title(measurement.Command));
        model.Axes.Add(GraphStyle.Axis(AxisPosition.Bottom, unit, Math.Max(measurement.Elapsed.TotalSeconds, 0.1) / scale, null));
        model.Axes.Add(GraphStyle.Axis(AxisPosition.Left, $"memory, {sizeUnit}", Math.Max(measurement.PeakResident / size, 1) * 1.05, "memory"));
        if (most > 1)
        {
            LinearAxis processes = GraphStyle.Axis(AxisPosition.Right, "processes", most * 1.5, "processes");
            processes.MinimumMajorStep = 1;
            processes.MajorGridlineStyle = LineStyle.None;
            model.Axes.Add(processes);
        }

        var resident = new AreaSeries
        {
            Title = "resident", Color = s_resident, Fill = OxyColor.FromAColor(48, s_resident), StrokeThickness = 1.5, YAxisKey = "memory",
        };
        resident.Points.AddRange(samples.Select(sample => new DataPoint(sample.Seconds / scale, sample.Resident / size)));
        resident.Points2.AddRange(samples.Select(sample => new DataPoint(sample.Seconds / scale, 0)));
        model.Series.Add(resident);

        var anonymous = new LineSeries { Title = "of it anonymous", Color = s_anonymous, StrokeThickness = 1.5, YAxisKey = "memory" };
        anonymous.Points.AddRange(samples.Select(sample => new DataPoint(sample.Seconds / scale, sample.Anonymous / size)));
        model.Series.Add(anonymous);

        if (measurement.PeakProportional != null)
        {
            var proportional = new LineSeries
            {
                Title = "proportional (Pss)", Color = s_proportional, LineStyle = LineStyle.None, // what lies between is not known
                MarkerType = MarkerType.Circle, MarkerSize = 3, MarkerFill = s_proportional, YAxisKey = "memory",
            };
            proportional.Points.AddRange(samples.Where(sample => sample.Proportional != null)
                .Select(sample => new DataPoint(sample.Seconds / scale, sample.Proportional!.Value / size)));
            model.Series.Add(proportional);
        }
        if (most > 1)
        {
            var processes = new StairStepSeries { Title = "processes", Color = GraphStyle.Quiet, StrokeThickness = 1.5, YAxisKey = "processes" };
            processes.Points.AddRange(samples.Select(sample => new DataPoint(sample.Seconds / scale, sample.Processes)));
            model.Series.Add(processes);
        }
        GraphStyle.Write(model, svg);
    }

    private static string Title(string command)
    {
        string line = string.Join(' ', command.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 100 ? line : line[..97] + "...";
    }
}
