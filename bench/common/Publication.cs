using OxyPlot;

namespace Defragger.Bench;

/// <summary>A benchmark's document and its plot, in a folder.</summary>
internal static class Publication
{
    /// <summary>Writes both; earlier ones are replaced.</summary>
    public static void Write(string folder, string document, string text, string plot, PlotModel model)
    {
        Directory.CreateDirectory(folder);
        PlotStyle.Save(model, Path.Combine(folder, plot));
        File.WriteAllText(Path.Combine(folder, document), text);
    }
}
