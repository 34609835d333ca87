using System.Globalization;
using System.Net;
using System.Text;
using Defragger.Compare;
using Defragger.Views;

namespace Defragger.Reports;

/// <summary>Heap maps as files: PNG (the picture alone), SVG (with a title and a legend; of several snapshots an animation), or one HTML page with a slider over
/// several snapshots. Every file stands alone.</summary>
internal static class HeapMapPage
{
    private const int Width = HeapMapImage.Columns * HeapMapImage.Cell;
    private static readonly CultureInfo s_plain = CultureInfo.InvariantCulture;

    private const double FrameSeconds = 0.8;

    /// <summary>One map as PNG.</summary>
    public static byte[] Png(HeapMap map, HeapColour colour = HeapColour.State) => Images([map], colour, out _)[0].ToPng();

    /// <summary>One map as SVG, or several as one that shows them in turn (SMIL animation, no script).</summary>
    public static string Svg(IReadOnlyList<HeapMap> maps, HeapColour colour = HeapColour.State)
    {
        HeapMapImage[] images = Images(maps, colour, out HeapColours colours);
        int height = images.Max(image => image.Rows) * HeapMapImage.Cell;
        var text = new StringBuilder();
        text.Append(s_plain, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width + 40}\" height=\"{height + 126}\" font-family=\"Arial, Helvetica, sans-serif\">\n");
        text.Append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        for (int i = 0; i < maps.Count; i++)
        {
            // Who does not know animations shows the last.
            text.Append(i == maps.Count - 1 ? "<g>" : "<g visibility=\"hidden\">");
            if (maps.Count > 1) text.Append(Turn(i, maps.Count));
            text.Append(s_plain, $"<text x=\"20\" y=\"30\" font-size=\"15\">{Escape(maps[i].Name)}</text>\n");
            text.Append(s_plain, $"<text x=\"20\" y=\"50\" font-size=\"12\" fill=\"#4a5568\">{Escape(Caption(maps[i], images[i]))}</text>\n");
            text.Append(s_plain, $"<image x=\"20\" y=\"64\" width=\"{Width}\" height=\"{images[i].Rows * HeapMapImage.Cell}\" style=\"image-rendering:pixelated\" href=\"{Data(images[i])}\"/></g>\n");
        }
        const double LastName = 80;
        double step = Math.Min(150, (Width - LastName) / (colours.Legend.Count - 1)), x = 20;
        foreach ((string name, int shade) in colours.Legend)
        {
            text.Append(s_plain, $"<rect x=\"{x:0.#}\" y=\"{height + 80}\" width=\"12\" height=\"12\" fill=\"#{shade:x6}\" stroke=\"#a0aec0\" stroke-width=\".5\"/>");
            text.Append(s_plain, $"<text x=\"{x + 16:0.#}\" y=\"{height + 90}\" font-size=\"12\">{Escape(name)}</text>\n");
            x += step;
        }
        text.Append(s_plain, $"<text x=\"20\" y=\"{height + 112}\" font-size=\"12\" fill=\"#4a5568\">{Escape(colours.Meaning)}</text>\n");
        return text.Append("</svg>\n").ToString();
    }

    // Visible for its part of a round, and hidden for the others.
    private static string Turn(int frame, int frames)
    {
        double from = frame / (double)frames, to = (frame + 1) / (double)frames;
        string values = frame == 0 ? "visible;hidden" : frame == frames - 1 ? "hidden;visible" : "hidden;visible;hidden";
        string times = frame == 0 ? string.Create(s_plain, $"0;{to:0.####}")
            : frame == frames - 1 ? string.Create(s_plain, $"0;{from:0.####}") : string.Create(s_plain, $"0;{from:0.####};{to:0.####}");
        return string.Create(s_plain, $"<animate attributeName=\"visibility\" calcMode=\"discrete\" values=\"{values}\" keyTimes=\"{times}\" dur=\"{frames * FrameSeconds:0.#}s\" repeatCount=\"indefinite\"/>");
    }

    /// <summary>Several maps as one page with a slider, all in the same scale.</summary>
    public static string Html(IReadOnlyList<HeapMap> maps, HeapColour colour = HeapColour.State)
    {
        HeapMapImage[] images = Images(maps, colour, out HeapColours colours);
        var text = new StringBuilder();
        text.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Heap map</title>\n<style>\n"
            + "body { font: 14px Arial, Helvetica, sans-serif; margin: 20px; color: #1a202c }\n"
            + "figure { margin: 0 } figure[hidden] { display: none } img { image-rendering: pixelated; display: block; margin-top: 8px }\n"
            + "input { width: " + Width.ToString(s_plain) + "px } .key { display: inline-block; width: 12px; height: 12px; margin: 0 6px 0 18px; border: 1px solid #a0aec0 }\n"
            + ".figures { color: #4a5568 }\n</style></head><body>\n");
        text.Append(s_plain, $"<p><label>Snapshot <output id=\"number\">1</output> of {maps.Count}<br><input id=\"slider\" type=\"range\" min=\"1\" max=\"{maps.Count}\" value=\"1\"{(maps.Count == 1 ? " disabled" : "")}></label></p>\n<p>");
        foreach ((string name, int shade) in colours.Legend)
            text.Append(s_plain, $"<span class=\"key\" style=\"background:#{shade:x6}\"></span>{Escape(name)}");
        text.Append(s_plain, $"</p>\n<p class=\"figures\">{Escape(colours.Meaning)}</p>\n");
        for (int i = 0; i < maps.Count; i++)
        {
            HeapMapImage image = images[i];
            string figures = Caption(maps[i], image);
            text.Append(s_plain, $"<figure{(i == 0 ? "" : " hidden")}><figcaption><b>{Escape(maps[i].Name)}</b> <span class=\"figures\">{Escape(figures)}</span></figcaption>");
            text.Append(s_plain, $"<img width=\"{Width}\" height=\"{image.Rows * HeapMapImage.Cell}\" alt=\"{Escape(figures)}\" src=\"{Data(image)}\"></figure>\n");
        }
        text.Append("<script>\nconst figures = document.querySelectorAll('figure');\n"
            + "document.getElementById('slider').addEventListener('input', event => {\n"
            + "  document.getElementById('number').value = event.target.value;\n"
            + "  figures.forEach((figure, i) => { figure.hidden = i + 1 != event.target.value; });\n});\n</script>\n</body></html>\n");
        return text.ToString();
    }

    // All in the same scale.
    private static HeapMapImage[] Images(IReadOnlyList<HeapMap> maps, HeapColour colour, out HeapColours colours)
    {
        int pages = HeapMapImage.PagesFor(maps);
        HeapColours all = HeapColours.Of(colour, maps);
        colours = all;
        return [.. maps.Select(map => HeapMapImage.Of(map, pages, all))];
    }

    private static string Caption(HeapMap map, HeapMapImage image) => $"{Figures(map)}; a cell is {Cell(map, image)}";

    private static string Data(HeapMapImage image) => "data:image/png;base64," + Convert.ToBase64String(image.ToPng());

    private static string Figures(HeapMap map)
    {
        string blocks = $"{map.Blocks.ToString("N0", s_plain)} blocks; {MemorySize.Format(map.Live)} live";
        if (map.Arenas.Count > 0 && map.Arenas.All(arena => arena.Unit != HeapMap.PageSize)) // a region: nothing of it goes back
            return $"{blocks}, {MemorySize.Format(map.Free)} free";
        return $"{blocks} on pages of {MemorySize.Format(map.Pinned)}, {MemorySize.Format(map.Free)} free, {MemorySize.Format(map.Purged)} given back"
            + (map.Large > 0 ? $"; {MemorySize.Format(map.Large)} in large blocks elsewhere" : "");
    }

    private static string Cell(HeapMap map, HeapMapImage image) =>
        MemorySize.Format((long)image.PagesPerCell * (map.Arenas.Count > 0 ? map.Arenas[0].Unit : HeapMap.PageSize));

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
