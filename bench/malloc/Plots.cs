using System.Globalization;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Defragger.Bench.Malloc;

/// <summary>The results as grouped bars, in SVG.</summary>
internal static class Plots
{
    public const string Micro = "malloc-micro.svg", Python = "malloc-python.svg", Memory = "malloc-memory.svg";

    // Of a group's width; the rest is the space between groups.
    private const double GroupWidth = 0.8;

    // A bar that is cut off here has its figure at its foot; the others must stay tall enough to be compared.
    private const double HighestRatio = 1.6;

    private static readonly Dictionary<string, OxyColor> s_colors = new()
    {
        [Settings.Stock] = PlotStyle.Stock,
        [Allocator.Glibc] = OxyColor.FromRgb(0xa0, 0xae, 0xc0),
        ["jemalloc"] = OxyColor.FromRgb(0xec, 0xc9, 0x4b),
        ["jemalloc-bg"] = OxyColor.FromRgb(0xdd, 0x6b, 0x20),
        ["mimalloc"] = OxyColor.FromRgb(0x48, 0xbb, 0x78),
        ["tcmalloc"] = OxyColor.FromRgb(0x9f, 0x7a, 0xea),
        [Allocator.Ours] = PlotStyle.Ours,
    };

    /// <summary>Draws a plot of each part that was measured.</summary>
    /// <returns>The names of the files.</returns>
    public static List<string> Draw(Results results, string folder)
    {
        var drawn = new List<string>();
        if (results.Micro is { } micro) Save(Micro, Speed("C: processor time, glibc = 1", micro));
        if (results.Python is { } python) Save(Python, Speed("Python: processor time, stock Python = 1", python));
        if (results.Memory != null) Save(Memory, Held(results));
        return drawn;

        void Save(string name, PlotModel model)
        {
            PlotStyle.Save(model, Path.Combine(folder, name));
            drawn.Add(name);
        }
    }

    private static PlotModel Speed(string title, Measurement measurement)
    {
        Workload[] workloads = [.. measurement.Workloads.Where(Results.Counts)];
        List<Setting> settings = [.. measurement.Settings.Skip(1)];
        PlotModel model = Model(title, [.. workloads.Select(one => one.Name), "mean"], "ratio");
        model.Axes[^1].Maximum = HighestRatio;
        for (int i = 0; i < settings.Count; i++)
        {
            Setting setting = settings[i];
            double[] ratios = [.. workloads.Select(one => measurement.Ratio(one, setting)), measurement.Mean(setting, Results.Counts)];
            RectangleBarSeries bars = Bars(setting.Name, s_colors[setting.Name]);
            for (int group = 0; group < ratios.Length; group++) bars.Items.Add(Bar(group, i, settings.Count, ratios[group]));
            model.Series.Add(bars);
            foreach (RectangleBarItem bar in bars.Items) model.Annotations.Add(Figure(bar, s_colors[setting.Name]));
        }
        model.Annotations.Add(new LineAnnotation
        {
            Type = LineAnnotationType.Horizontal, Y = 1, Color = PlotStyle.Mark, LineStyle = LineStyle.Solid, StrokeThickness = 1,
        });
        return model;
    }

    // Pale: held after two seconds. Full: what of it is left after the trim. A line across the group: what lives.
    private static PlotModel Held(Results results)
    {
        const double Mebibyte = 1 << 20;
        var groups = new List<(Measurement Measurement, Workload Workload, double Live)>();
        if (results.Memory is { } memory)
            groups.AddRange(memory.Workloads.Select(one => (memory, one, memory.Value(one, memory.Base, "live"))));
        if (results.Worker is { } worker) groups.Add((worker, worker.Workloads[0], results.WorkerLive));

        PlotModel model = Model(
            "Memory held two seconds after the last release (pale), after the allocator's trim (full), and live (line)",
            [.. groups.Select(one => one.Workload.Name)], "MiB");
        List<Setting> settings = (results.Worker ?? results.Memory!).Settings.ToList();
        foreach (Setting named in settings)
        {
            OxyColor color = s_colors[named.Name];
            RectangleBarSeries pale = Bars(null, OxyColor.FromAColor(80, color)), full = Bars(named.Name, color);
            for (int group = 0; group < groups.Count; group++)
            {
                (Measurement measurement, Workload workload, _) = groups[group];
                int place = measurement.Settings.ToList().FindIndex(one => one.Name == named.Name);
                if (place < 0) continue;
                pale.Items.Add(Part("idle"));
                full.Items.Add(Part("trimmed"));

                RectangleBarItem Part(string key) => Bar(
                    group, place, measurement.Settings.Count,
                    measurement.Value(workload, measurement.Settings[place], key) / Mebibyte);
            }
            model.Series.Add(pale);
            model.Series.Add(full);
        }
        for (int group = 0; group < groups.Count; group++)
        {
            model.Annotations.Add(new LineAnnotation
            {
                Type = LineAnnotationType.Horizontal, Y = groups[group].Live / Mebibyte, Color = PlotStyle.Mark, LineStyle = LineStyle.Solid,
                StrokeThickness = 2, MinimumX = group - (GroupWidth / 2) - 0.05, MaximumX = group + (GroupWidth / 2) + 0.05,
            });
        }
        return model;
    }

    private static RectangleBarSeries Bars(string? title, OxyColor color) =>
        new() { Title = title, FillColor = color, StrokeThickness = 0 };

    private static RectangleBarItem Bar(int group, int place, int places, double value)
    {
        double width = GroupWidth / places, from = group - (GroupWidth / 2) + (place * width);
        return new RectangleBarItem(from, 0, from + (width * 0.92), value);
    }

    // Upright in its bar, from the foot on, or on top of a bar that is too short: neighbours' figures never meet.
    private static TextAnnotation Figure(RectangleBarItem bar, OxyColor color)
    {
        bool isInside = bar.Y1 > 0.17;
        return new TextAnnotation
        {
            Text = bar.Y1.ToString("f2", CultureInfo.InvariantCulture),
            TextPosition = new DataPoint((bar.X0 + bar.X1) / 2, isInside ? 0 : bar.Y1),
            TextRotation = -90,
            TextHorizontalAlignment = HorizontalAlignment.Left,
            TextVerticalAlignment = VerticalAlignment.Middle,
            Offset = new ScreenVector(0, -4),
            FontSize = 10,
            TextColor = isInside && color.ToHsv()[2] < 0.7 ? OxyColors.White : PlotStyle.Mark,
            StrokeThickness = 0,
        };
    }

    private static PlotModel Model(string title, IReadOnlyList<string> groups, string unit)
    {
        PlotModel model = PlotStyle.Model(title);
        CategoryAxis names = PlotStyle.Names();
        names.Labels.AddRange(groups);
        model.Axes.Add(names);
        model.Axes.Add(PlotStyle.Values(unit));
        return model;
    }
}
