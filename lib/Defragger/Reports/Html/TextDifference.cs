using System.Text;
using Defragger.Comparers;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace Defragger.Reports;

/// <summary>A row of two texts side by side.</summary>
/// <param name="LeftNumber">The baseline's line, from 1; null where it has none.</param>
/// <param name="Left">The baseline's text in pieces, by turns equal and changed; null where it has no line.</param>
/// <param name="RightNumber">The candidate's line, from 1; null where it has none.</param>
/// <param name="Right">The candidate's text.</param>
internal sealed record SideRow(long? LeftNumber, IReadOnlyList<string>? Left, long? RightNumber, IReadOnlyList<string>? Right)
{
    /// <summary>Both lines are the same.</summary>
    public bool IsSame => Left is [string left] && Right is [string right] && left == right;
}

/// <summary>Two texts side by side, as far as a person wants to read: from a little before the first difference on.</summary>
/// <param name="Rows">The rows; null stands for equal lines that are left out.</param>
/// <param name="Note">What is not shown; null when all is.</param>
/// <remarks>Bounded in all ways: at most <see cref="MostScanned"/> bytes of each file are read to find the first difference, and
/// <see cref="MostShown"/> from there are compared (Myers, through DiffPlex: lines times differences). Memory: about 1 MB.</remarks>
internal sealed record TextDifference(IReadOnlyList<SideRow?> Rows, string? Note)
{
    private const long MostScanned = 64L << 20;
    private const int MostShown = 32 << 10;
    private const int MostRows = 300;
    private const int LongestPiece = 160;
    private const int Context = 3;

    /// <summary>Compares two files; null when they are no text or no difference is found within the bounds.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static TextDifference? Of(string baseline, string candidate)
    {
        using FileStream left = File.OpenRead(baseline), right = File.OpenRead(candidate);
        if (FindStart(left, right) is not (long offset, long line)) return null;
        (string Text, bool Whole) old = ReadFrom(left, offset), now = ReadFrom(right, offset);
        if (old.Text.Contains('\0') || now.Text.Contains('\0')) return null;

        SideBySideDiffModel model = SideBySideDiffBuilder.Diff(old.Text, now.Text, ignoreWhiteSpace: false, ignoreCase: false);
        List<SideRow?> rows = Collapse(model, line);
        var notes = new List<string>();
        if (line > 0) notes.Add($"The first {ReportHead.Number(line)} lines are equal.");
        if (!old.Whole || !now.Whole) notes.Add($"{MostShown >> 10} KB from the first difference on are shown of {Size(left)} and {Size(right)}.");
        if (rows.Count > MostRows)
        {
            notes.Add($"{ReportHead.Number(rows.Count - MostRows)} more rows are left out.");
            rows.RemoveRange(MostRows, rows.Count - MostRows);
        }
        return new TextDifference(rows, notes.Count == 0 ? null : string.Join(' ', notes));
    }

    private static string Size(FileStream file) => Compare.MemorySize.Format(file.Length);

    /// <summary>Where to begin: the line <see cref="Context"/> lines before the first difference, and how many lines lie before it.</summary>
    private static (long Offset, long Line)? FindStart(FileStream left, FileStream right)
    {
        byte[] a = new byte[64 << 10], b = new byte[64 << 10];
        var starts = new Queue<long>([0]); // of the last lines
        long lines = 0;
        for (long at = 0; at < MostScanned;)
        {
            int read = left.ReadAtLeast(a, a.Length, throwOnEndOfStream: false), other = right.ReadAtLeast(b, b.Length, throwOnEndOfStream: false);
            int common = a.AsSpan(0, read).CommonPrefixLength(b.AsSpan(0, other));
            for (int from = 0, next; (next = a.AsSpan(from, common - from).IndexOf((byte)'\n')) >= 0; from += next + 1)
            {
                lines++;
                starts.Enqueue(at + from + next + 1);
                if (starts.Count > Context + 1) starts.Dequeue();
            }
            if (common < Math.Max(read, other)) return (starts.Peek(), lines - (starts.Count - 1));
            if (read == 0) return null;
            at += read;
        }
        return null;
    }

    private static (string Text, bool Whole) ReadFrom(FileStream file, long offset)
    {
        byte[] bytes = new byte[MostShown];
        file.Position = offset;
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        bool whole = offset + read >= file.Length;
        // The last line may be torn, and the last character too.
        int end = whole ? read : bytes.AsSpan(0, read).LastIndexOf((byte)'\n') + 1;
        return (Encoding.UTF8.GetString(bytes, 0, end == 0 ? read : end), whole);
    }

    /// <summary>The rows with their numbers, without equal ones that no difference is near.</summary>
    private static List<SideRow?> Collapse(SideBySideDiffModel model, long before)
    {
        List<DiffPiece> left = model.OldText.Lines, right = model.NewText.Lines;
        var rows = new List<SideRow?>();
        bool[] near = Near(left, right);
        for (int i = 0; i < left.Count; i++)
        {
            if (near[i]) rows.Add(new SideRow(before + left[i].Position, Pieces(left[i]), before + right[i].Position, Pieces(right[i])));
            else if (rows.Count > 0 && rows[^1] != null) rows.Add(null);
        }
        if (rows.Count > 0 && rows[^1] == null) rows.RemoveAt(rows.Count - 1);
        return rows;
    }

    private static bool[] Near(List<DiffPiece> left, List<DiffPiece> right)
    {
        bool[] near = new bool[left.Count];
        for (int i = 0; i < left.Count; i++)
        {
            if (left[i].Type == ChangeType.Unchanged && right[i].Type == ChangeType.Unchanged) continue;
            for (int j = Math.Max(0, i - Context); j <= Math.Min(left.Count - 1, i + Context); j++) near[j] = true;
        }
        return near;
    }

    private static List<string>? Pieces(DiffPiece line)
    {
        if (line.Type == ChangeType.Imaginary) return null;
        if (line.SubPieces.Count == 0 || line.Type != ChangeType.Modified) return [Shorten(line.Text ?? "")];
        var pieces = new List<string> { "" };
        foreach (DiffPiece piece in line.SubPieces)
        {
            if (piece.Type == ChangeType.Imaginary) continue;
            bool changed = piece.Type != ChangeType.Unchanged;
            if (changed == (pieces.Count % 2 == 1)) pieces.Add(""); // odd places are changed
            pieces[^1] += piece.Text;
        }
        return [.. pieces.Select(Shorten)];
    }

    // Of a long piece its beginning and its end, which stand beside what changed.
    private static string Shorten(string piece) => piece.Length <= LongestPiece * 2 ? piece
        : $"{ReportText.Cut(piece, LongestPiece)}{Tail(piece)}";

    private static string Tail(string piece)
    {
        int from = piece.Length - LongestPiece;
        return piece[(char.IsLowSurrogate(piece[from]) ? from + 1 : from)..];
    }
}
