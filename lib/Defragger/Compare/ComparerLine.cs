using System.Text.Json;
using Defragger.Comparers.Differences;

namespace Defragger.Compare;

/// <summary>The JSON line with which a comparer tells its counts: the last line that it prints.</summary>
/// <remarks>
/// <c>{"new":1,"absent":0,"updated":2,"unchanged":40,"moved":3,"ignored":1,"reason":"…"}</c>, and "differences" as
/// <see cref="DifferenceLine"/> reads them; every member is optional, unknown members are passed over. The exit code decides the status; the line must not contradict it.
/// </remarks>
internal sealed record ComparerLine(long? New, long? Absent, long? Updated, long? Unchanged, long? Moved, string Reason)
{
    /// <summary>Differences that are let pass; with some and exit 0, the case is Ignored.</summary>
    public long? Ignored { get; init; }

    /// <summary>Differences where runs of the baseline differ too; with some and exit 0, the case is Ignored.</summary>
    public long? Noise { get; init; }

    /// <summary>Of those that are let pass, the values that differ within their tolerance.</summary>
    public long? Tolerated { get; init; }

    /// <summary>How often each ignore rule covered one; null for none.</summary>
    public IReadOnlyList<IgnoreRuleHits>? IgnoredBy { get; init; }

    /// <summary>Differences to show; null for none.</summary>
    public IReadOnlyList<Difference>? Shown { get; init; }

    /// <summary>No counts were told.</summary>
    public static ComparerLine Silent { get; } = new(null, null, null, null, null, "");

    /// <summary>Differences counted; null when none of the counts was told.</summary>
    public long? Differences => New is null && Absent is null && Updated is null && Moved is null
        ? null
        : (New ?? 0) + (Absent ?? 0) + (Updated ?? 0) + (Moved ?? 0);

    /// <summary>Looks for the line in what the comparer printed.</summary>
    /// <returns>The line; null when the last line printed is no JSON object.</returns>
    /// <exception cref="FormatException">The last line begins as an object but is none, or a count is no whole number
    /// from 0 up.</exception>
    public static ComparerLine? Find(string output)
    {
        string last = LastLine(output);
        if (!last.StartsWith('{')) return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(last);
            JsonElement root = document.RootElement;
            string reason = root.TryGetProperty("reason", out JsonElement text) && text.ValueKind == JsonValueKind.String
                ? text.GetString()! : "";
            return new ComparerLine(
                Count(root, "new"), Count(root, "absent"), Count(root, "updated"), Count(root, "unchanged"),
                Count(root, "moved"), reason)
            {
                Ignored = Count(root, "ignored"),
                Noise = Count(root, "noise"),
                Tolerated = Count(root, "tolerated"),
                IgnoredBy = Hits(root),
                Shown = DifferenceLine.Read(root),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: half a surrogate pair
        {
            throw new FormatException($"the comparer's last line begins with '{{' but is not JSON: {e.Message}", e);
        }
    }

    /// <summary>The last line that is not blank; empty when there is none.</summary>
    public static string LastLine(string output)
    {
        ReadOnlySpan<char> text = output.AsSpan().TrimEnd();
        return text[(text.LastIndexOf('\n') + 1)..].Trim().ToString();
    }

    private static List<IgnoreRuleHits>? Hits(JsonElement root)
    {
        if (!root.TryGetProperty("ignoredBy", out JsonElement hits) || hits.ValueKind != JsonValueKind.Array) return null;
        return [.. hits.EnumerateArray().Select(hit => hit.ValueKind == JsonValueKind.Object
            && Count(hit, "rule") is long rule and <= int.MaxValue && Count(hit, "count") is long count
            ? new IgnoreRuleHits((int)rule, count)
            : throw new FormatException($"the comparer's last line has {hit.GetRawText()} in \"ignoredBy\", which is no rule with its count"))];
    }

    private static long? Count(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long count) && count >= 0
            ? count
            : throw new FormatException(
                $"the comparer's last line has \"{name}\":{value.GetRawText()}, which is no count; write a whole number, 0 or more");
    }
}
