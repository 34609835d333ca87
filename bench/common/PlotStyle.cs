using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;

namespace Defragger.Bench;

/// <summary>What all plots of the benchmarks look like.</summary>
internal static class PlotStyle
{
    private const double Width = 1000, Height = 420;

    public static readonly OxyColor Stock = OxyColor.FromRgb(0x4a, 0x55, 0x68);
    public static readonly OxyColor Ours = OxyColor.FromRgb(0x2b, 0x6c, 0xb0);
    public static readonly OxyColor Mark = OxyColor.FromRgb(0x1a, 0x20, 0x2c);
    private static readonly OxyColor s_axis = OxyColor.FromRgb(0x71, 0x80, 0x96);
    private static readonly OxyColor s_grid = OxyColor.FromRgb(0xe8, 0xec, 0xf0);

    /// <summary>A plot without axes; its legend is below.</summary>
    public static PlotModel Model(string title)
    {
        var model = new PlotModel { Title = title, TitleFontSize = 14, TitleFontWeight = 400, PlotAreaBorderThickness = new(0) };
        model.DefaultFont = "Arial, Helvetica, sans-serif";
        model.Padding = new OxyThickness(16, 18, 16, 0);
        model.Background = OxyColors.White;
        model.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.BottomCenter,
            LegendOrientation = LegendOrientation.Horizontal,
            LegendItemSpacing = 40, // text is measured without the viewer's font; room for a wider one
            LegendPadding = 28,
        });
        return model;
    }

    /// <summary>The axis below, with a name for each group.</summary>
    public static CategoryAxis Names() => new()
    {
        Position = AxisPosition.Bottom,
        TicklineColor = OxyColors.Transparent,
        AxislineColor = s_axis,
        AxislineStyle = LineStyle.Solid,
    };

    /// <summary>The axis to the left, from 0.</summary>
    public static LinearAxis Values(string unit) => new()
    {
        Position = AxisPosition.Left,
        Title = unit,
        Minimum = 0,
        MaximumPadding = 0.05,
        AxisTitleDistance = 14,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = s_grid,
        TicklineColor = s_grid,
        AxislineColor = s_axis,
        AxislineStyle = LineStyle.Solid,
    };

    /// <summary>Writes a plot as SVG.</summary>
    public static void Save(PlotModel model, string path)
    {
        using FileStream file = File.Create(path);
        new SvgExporter { Width = Width, Height = Height }.Export(model, file);
    }
}
