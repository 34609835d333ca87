using System.Globalization;
using System.Net;
using System.Text;
using Defragger.Compare;
using Defragger.Views;

namespace Defragger.Reports;

/// <summary>Heap maps as files: PNG (the picture alone), SVG (with a title and a legend), or one HTML page with a slider over
/// several snapshots. Every file stands alone.</summary>
internal static class HeapMapPage
{
    private const int Width = HeapMapImage.Columns * HeapMapImage.Cell;
    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;

    /// <summary>One map as PNG.</summary>
    public static byte[] Png(HeapMap map) => Image(map, [map]).ToPng();

    /// <summary>One map as SVG.</summary>
    public static string Svg(HeapMap map)
    {
        HeapMapImage image = Image(map, [map]);
        int height = image.Rows * HeapMapImage.Cell;
        var text = new StringBuilder();
        text.Append(s_plain, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width + 40}\" height=\"{height + 110}\" font-family=\"Arial, Helvetica, sans-serif\">\n");
        text.Append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        text.Append(s_plain, $"<text x=\"20\" y=\"30\" font-size=\"15\">{Escape(map.Name)}</text>\n");
        text.Append(s_plain, $"<text x=\"20\" y=\"50\" font-size=\"12\" fill=\"#4a5568\">{Escape(Figures(map))}; a cell is {Cell(image)}</text>\n");
        text.Append(s_plain, $"<image x=\"20\" y=\"64\" width=\"{Width}\" height=\"{height}\" style=\"image-rendering:pixelated\" href=\"{Data(image)}\"/>\n");
        int x = 20;
        foreach ((string name, int colour) in HeapMapImage.Legend)
        {
            text.Append(s_plain, $"<rect x=\"{x}\" y=\"{height + 80}\" width=\"12\" height=\"12\" fill=\"#{colour:x6}\" stroke=\"#a0aec0\" stroke-width=\".5\"/>");
            text.Append(s_plain, $"<text x=\"{x + 18}\" y=\"{height + 90}\" font-size=\"12\">{name}</text>\n");
            x += 150;
        }
        return text.Append("</svg>\n").ToString();
    }

    /// <summary>Several maps as one page with a slider, all in the same scale.</summary>
    public static string Html(IReadOnlyList<HeapMap> maps)
    {
        var text = new StringBuilder();
        text.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Heap map</title>\n<style>\n"
            + "body { font: 14px Arial, Helvetica, sans-serif; margin: 20px; color: #1a202c }\n"
            + "figure { margin: 0 } figure[hidden] { display: none } img { image-rendering: pixelated; display: block; margin-top: 8px }\n"
            + "input { width: " + Width.ToString(s_plain) + "px } .key { display: inline-block; width: 12px; height: 12px; margin: 0 6px 0 18px; border: 1px solid #a0aec0 }\n"
            + ".figures { color: #4a5568 }\n</style></head><body>\n");
        text.Append(s_plain, $"<p><label>Snapshot <output id=\"number\">1</output> of {maps.Count}<br><input id=\"slider\" type=\"range\" min=\"1\" max=\"{maps.Count}\" value=\"1\"{(maps.Count == 1 ? " disabled" : "")}></label></p>\n<p>");
        foreach ((string name, int colour) in HeapMapImage.Legend)
            text.Append(s_plain, $"<span class=\"key\" style=\"background:#{colour:x6}\"></span>{name}");
        text.Append("</p>\n");
        int pages = HeapMapImage.PagesFor(maps);
        for (int i = 0; i < maps.Count; i++)
        {
            HeapMapImage image = HeapMapImage.Of(maps[i], pages);
            string figures = $"{Figures(maps[i])}; a cell is {Cell(image)}";
            text.Append(s_plain, $"<figure{(i == 0 ? "" : " hidden")}><figcaption><b>{Escape(maps[i].Name)}</b> <span class=\"figures\">{Escape(figures)}</span></figcaption>");
            text.Append(s_plain, $"<img width=\"{Width}\" height=\"{image.Rows * HeapMapImage.Cell}\" alt=\"{Escape(figures)}\" src=\"{Data(image)}\"></figure>\n");
        }
        text.Append("<script>\nconst figures = document.querySelectorAll('figure');\n"
            + "document.getElementById('slider').addEventListener('input', event => {\n"
            + "  document.getElementById('number').value = event.target.value;\n"
            + "  figures.forEach((figure, i) => { figure.hidden = i + 1 != event.target.value; });\n});\n</script>\n</body></html>\n");
        return text.ToString();
    }

    private static HeapMapImage Image(HeapMap map, HeapMap[] scale) => HeapMapImage.Of(map, HeapMapImage.PagesFor(scale));

    private static string Data(HeapMapImage image) => "data:image/png;base64," + Convert.ToBase64String(image.ToPng());

    private static string Figures(HeapMap map) =>
        $"{map.Blocks.ToString("N0", s_plain)} blocks; {MemorySize.Format(map.Live)} live on pages of {MemorySize.Format(map.Pinned)}, "
        + $"{MemorySize.Format(map.Free)} free, {MemorySize.Format(map.Purged)} given back"
        + (map.Large > 0 ? $"; {MemorySize.Format(map.Large)} in large blocks elsewhere" : "");

    private static string Cell(HeapMapImage image) => MemorySize.Format((long)image.PagesPerCell * HeapMap.PageSize);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
