using System.Globalization;
using System.Xml.Linq;
using Defragger.Reports;
using OxyPlot.Series;
using Xunit;

namespace Defragger.Tests.Reports;

public sealed class GraphStyleTests
{
    /// <summary>The mean width of a letter in a wide sans-serif font (DejaVu Sans, Verdana), over the font's size.</summary>
    private const double Letter = 0.6;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData("resident", "of it anonymous", "proportional (Pss)")]
    [InlineData("used memory", "budget", "cases at once")]
    [InlineData("one")]
    public void A_legend_is_not_cut_where_the_font_is_wide(params string[] titles)
    {
        using var folder = new TemporaryDirectory();
        string path = Path.Combine(folder.Path, "graph.svg");
        OxyPlot.PlotModel model = GraphStyle.Model("A title");
        foreach (string title in titles) model.Series.Add(new LineSeries { Title = title });

        GraphStyle.Write(model, path);

        XElement root = XDocument.Load(path).Root!;
        foreach (string title in titles)
        {
            XElement text = root.Descendants(s_svg + "text").Single(element => element.Value == title);
            double end = Offset(text) + (title.Length * Number(text, "font-size") * Letter);
            Assert.True(end <= Clip(root, text), $"'{title}' ends at {end} and is cut at {Clip(root, text)}.");
        }
    }

    // transform="translate(x,y)"
    private static double Offset(XElement text) =>
        double.Parse(((string)text.Attribute("transform")!).Split('(', ',')[1], CultureInfo.InvariantCulture);

    private static double Clip(XElement root, XElement text)
    {
        string clip = ((string)text.Ancestors().First(element => element.Attribute("clip-path") != null).Attribute("clip-path")!).Split('#', ')')[1];
        XElement rectangle = root.Descendants(s_svg + "clipPath").Single(element => (string?)element.Attribute("id") == clip).Elements().Single();
        return Number(rectangle, "x") + Number(rectangle, "width");
    }

    private static double Number(XElement element, string name) => double.Parse((string)element.Attribute(name)!, CultureInfo.InvariantCulture);
}
