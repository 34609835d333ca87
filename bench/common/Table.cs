using System.Text;

namespace Defragger.Bench;

/// <summary>A table in Markdown that reads as well as text.</summary>
internal sealed class Table(params string[] head)
{
    private readonly List<string[]> _rows = [];

    public void Add(IEnumerable<string> cells) => _rows.Add([.. cells]);

    public override string ToString()
    {
        int[] widths = [.. head.Select((name, column) => _rows.Append(head).Max(row => row[column].Length))];
        var text = new StringBuilder();
        Append(text, head, widths);
        Append(text, [.. widths.Select((width, column) => column == 0 ? new string('-', width) : new string('-', width - 1) + ":")], widths);
        foreach (string[] row in _rows) Append(text, row, widths);
        return text.ToString();
    }

    // Names to the left, figures to the right.
    private static void Append(StringBuilder text, string[] cells, int[] widths)
    {
        for (int column = 0; column < cells.Length; column++)
        {
            string cell = cells[column];
            text.Append("| ").Append(column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])).Append(' ');
        }
        text.Append("|\n");
    }
}
