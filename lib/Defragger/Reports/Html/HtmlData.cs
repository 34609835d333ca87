using System.Buffers;
using System.Text.Json;
using Defragger.Compare;
using Defragger.Comparers.Differences;
using Defragger.Diff;

namespace Defragger.Reports;

/// <summary>The data of a page, as cases.js reads it: arrays, for a hundred thousand names of members would be most of the page.</summary>
internal static class HtmlData
{
    /// <summary>What is known of the run: names of statuses and holds, samples of memory.</summary>
    public static void WriteMeta(Utf8JsonWriter json, ReportHead head, IReadOnlyList<MemorySample> samples)
    {
        CaseStatus[] statuses = Enum.GetValues<CaseStatus>();
        json.WriteStartObject();
        Texts(json, "names", statuses.Select(status => status.ToString()));
        Texts(json, "words", statuses.Select(ReportHead.Words));
        json.WriteStartArray("severity");
        foreach (CaseStatus status in statuses) json.WriteNumberValue(ReportHead.BySeverity.ToList().IndexOf(status));
        json.WriteEndArray();
        json.WriteStartArray("holds");
        foreach (HoldReason hold in Enum.GetValues<HoldReason>())
        {
            json.WriteStartObject();
            json.WriteString("name", hold.ToString());
            json.WriteString("why", Why(hold));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("noDetail", "The differences were counted and not kept.");
        json.WriteStartArray("samples");
        foreach (MemorySample one in samples)
        {
            json.WriteStartArray();
            json.WriteNumberValue(Math.Round(one.Seconds, 3));
            json.WriteNumberValue(one.Used);
            json.WriteNumberValue(one.Total);
            json.WriteNumberValue(one.Workers);
            json.WriteNumberValue(one.Limit);
            json.WriteNumberValue(Math.Max(0, one.Reserved));
            json.WriteNumberValue(Math.Max(0, one.Budget));
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>One case; the order of the members is that of the constants in cases.js.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="one">The case.</param>
    /// <param name="ended">Seconds of the run's own time at which it ended.</param>
    /// <param name="longest">The longest text, in UTF-16 code units.</param>
    /// <param name="detail">Its differences as JSON, or null.</param>
    public static void WriteCase(Utf8JsonWriter json, CaseResult one, double ended, int longest, byte[]? detail)
    {
        json.WriteStartArray();
        json.WriteStringValue(one.Case);
        json.WriteNumberValue((int)one.Status);
        json.WriteStringValue(ReportText.Cut(one.Reason, longest));
        WriteCounts(json, one);
        json.WriteNumberValue(Math.Round(one.Duration.TotalSeconds, 4));
        json.WriteNumberValue(one.PeakMemory);
        json.WriteNumberValue(Math.Round(ended, 3));
        json.WriteNumberValue(one.Attempts);
        json.WriteNumberValue(one.WaitSeconds);
        json.WriteNumberValue((int)one.HeldBy);
        json.WriteNumberValue(one.Predicted);
        json.WriteNumberValue(one.Reserved);
        if (one.LogPath == null) json.WriteNumberValue(0);
        else json.WriteStringValue(one.LogPath);
        if (detail == null) json.WriteNumberValue(0);
        else json.WriteRawValue(detail, skipInputValidation: true);
        json.WriteEndArray();
    }

    /// <summary>Differences as far as they fit, and what is to be said of the rest.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="detail">The differences.</param>
    /// <param name="most">Bytes after which no further row is begun.</param>
    public static void WriteDetail(Utf8JsonWriter json, CaseDetail detail, int most)
    {
        int all = detail.Text?.Rows.Count ?? detail.List?.Count ?? 0;
        json.WriteStartObject();
        int written = detail.Text != null ? WriteRows(json, detail.Text.Rows, most) : detail.List != null ? WriteList(json, detail.List, most) : 0;
        string? cut = written < all ? $"{ReportHead.Number(all - written)} more rows are left out: a case has at most {most >> 10} KB here." : null;
        if ((detail.Note ?? cut) != null) json.WriteString("note", string.Join(' ', new[] { detail.Note, cut }.OfType<string>()));
        json.WriteEndObject();
    }

    /// <summary>Only something said in place of the differences.</summary>
    public static byte[] Note(string note)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer)) WriteDetail(json, new CaseDetail(null, null, note), 0);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteCounts(Utf8JsonWriter json, CaseResult one)
    {
        long?[] counts = [one.New, one.Absent, one.Updated, one.Moved, one.Unchanged, one.Ignored, one.Noise];
        if (counts.All(count => count == null))
        {
            json.WriteNumberValue(0);
            return;
        }
        json.WriteStartArray();
        foreach (long? count in counts) json.WriteNumberValue(count ?? 0);
        json.WriteEndArray();
    }

    private static int WriteRows(Utf8JsonWriter json, IReadOnlyList<SideRow?> rows, int most)
    {
        int written = 0;
        json.WriteStartArray("rows");
        foreach (SideRow? row in rows.TakeWhile(_ => json.BytesCommitted + json.BytesPending < most))
        {
            written++;
            if (row == null)
            {
                json.WriteNumberValue(0);
                continue;
            }
            json.WriteStartArray();
            json.WriteNumberValue(row.LeftNumber ?? 0);
            WriteSide(json, row.Left);
            json.WriteNumberValue(row.RightNumber ?? 0);
            if (!row.IsSame) WriteSide(json, row.Right);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        return written;
    }

    private static int WriteList(Utf8JsonWriter json, IReadOnlyList<Difference> list, int most)
    {
        int written = 0;
        json.WriteStartArray("list");
        foreach (Difference one in list.TakeWhile(_ => json.BytesCommitted + json.BytesPending < most))
        {
            written++;
            bool isBoth = one.Before != null && one.After != null;
            (IReadOnlyList<TextMark> before, IReadOnlyList<TextMark> after) = isBoth ? WordMarks.Of(one.Before!, one.After!) : ([], []);
            json.WriteStartArray();
            json.WriteStringValue(one.Kind.ToString());
            json.WriteStringValue(one.From == null ? one.Place : $"{one.Place} (was {one.From})");
            json.WriteStringValue(one.Rule ?? "");
            WriteSide(json, one.Before == null ? null : TextPieces.Of(one.Before, before));
            WriteSide(json, one.After == null ? null : TextPieces.Of(one.After, after));
            json.WriteEndArray();
        }
        json.WriteEndArray();
        return written;
    }

    private static void WriteSide(Utf8JsonWriter json, IReadOnlyList<string>? pieces)
    {
        if (pieces is null) json.WriteNullValue();
        else if (pieces.Count == 1) json.WriteStringValue(pieces[0]);
        else
        {
            json.WriteStartArray();
            foreach (string piece in pieces) json.WriteStringValue(piece);
            json.WriteEndArray();
        }
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static string Why(HoldReason hold) => hold switch
    {
        HoldReason.None => "nothing",
        HoldReason.ThrottleLimit => "as many cases as the throttle limit allows were running",
        HoldReason.MemoryTier => "used memory had reached a tier",
        HoldReason.MemoryBudget => "used memory had reached the budget",
        HoldReason.Reservation => "too little was left beside what is set aside for the running cases",
        HoldReason.Available => "the machine had less left than the case is expected to need",
        HoldReason.Pressure => "tasks stood still for memory",
        HoldReason.Ceiling => "cases had been killed for memory, and fewer run for a while",
        HoldReason.Starvation => "a case that had been passed over for too long was waited for",
        _ => hold.ToString(),
    };
}
