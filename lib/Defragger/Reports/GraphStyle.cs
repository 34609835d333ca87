using Defragger.Files;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;

namespace Defragger.Reports;

/// <summary>What the graphs over time have in common: size, axes, legend, and how a file is written.</summary>
internal static class GraphStyle
{
    private const double Width = 1000, Height = 460;

    private static readonly OxyColor s_grid = OxyColor.FromRgb(0xe8, 0xec, 0xf0);

    /// <summary>For what is beside the point: axes, counts.</summary>
    public static OxyColor Quiet { get; } = OxyColor.FromRgb(0x71, 0x80, 0x96);

    /// <summary>An empty graph with a legend below it.</summary>
    public static PlotModel Model(string title)
    {
        var model = new PlotModel { Title = title, TitleFontSize = 14, TitleFontWeight = 400, PlotAreaBorderThickness = new(0) };
        model.DefaultFont = "Arial, Helvetica, sans-serif";
        model.Padding = new OxyThickness(16, 12, 16, 12);
        model.Background = OxyColors.White;
        model.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.BottomCenter,
            LegendOrientation = LegendOrientation.Horizontal,
            LegendItemSpacing = 24,
            LegendPadding = 24,
        });
        return model;
    }

    /// <summary>An axis from zero.</summary>
    public static LinearAxis Axis(AxisPosition position, string title, double maximum, string? key) => new()
    {
        Position = position,
        Title = title,
        Key = key,
        Minimum = 0,
        Maximum = maximum,
        AxisTitleDistance = 14,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = s_grid,
        TicklineColor = s_grid,
        AxislineColor = Quiet,
        AxislineStyle = LineStyle.Solid,
    };

    /// <summary>The unit of time that suits a run, and how many seconds it has.</summary>
    public static (string Name, double Seconds) TimeUnit(double seconds) =>
        seconds >= 2 * 3600 ? ("hours", 3600) : seconds >= 120 ? ("minutes", 60) : ("seconds", 1.0);

    /// <summary>Writes a graph as SVG, beside and then renamed, so that it is never half there.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(PlotModel model, string svg, double height = Height) => AtomicFile.Write(svg, file =>
        new SvgExporter { Width = Width, Height = height, TextMeasurer = new WideText(Width, height) }.Export(model, file));

    /// <summary>Measures text as wide as it may be where the graph is looked at.</summary>
    /// <remarks>
    /// A legend is cut where its text was thought to end. OxyPlot's own measurer counts in points and is told pixels, of
    /// which a point has 4/3; and a viewer without Arial takes a font that is up to a fifth wider.
    /// </remarks>
    private sealed class WideText(double width, double height) : PdfRenderContext(width, height, OxyColors.Transparent)
    {
        private const double Wider = 4.0 / 3 * 1.2;

        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight)
        {
            OxySize size = base.MeasureText(text, fontFamily, fontSize, fontWeight);
            return new OxySize(size.Width * Wider, size.Height);
        }
    }
}
