using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace Defragger.Host;

/// <summary>
/// Write-Progress as one line of a terminal, drawn over itself.
/// <list type="number">
/// <item>Nothing is drawn when stderr is not a terminal.</item>
/// <item>New text at most five times a second: more cannot be read and costs the command time.</item>
/// <item>Whoever writes a real line clears this one first and restores it below.</item>
/// </list>
/// </summary>
internal sealed class ProgressLine(TextWriter error, bool enabled, Func<int> width, Lock gate)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Carriage return, then "erase to the end of the line".</summary>
    private const string Erase = "\r\x1b[K";

    /// <summary>Open activities, oldest first: an inner one is shown until it completes, then the outer again.</summary>
    private readonly List<(long Source, ProgressRecord Record)> _open = [];
    private string _line = ""; // as it was drawn last
    private long _drawnAt;
    private bool _visible;

    public void Show(long source, ProgressRecord record)
    {
        if (!enabled)
            return;
        lock (gate)
        {
            int at = _open.FindIndex(o => o.Source == source && o.Record.ActivityId == record.ActivityId);
            if (record.RecordType == ProgressRecordType.Completed)
            {
                if (at >= 0)
                    _open.RemoveAt(at);
                if (_open.Count == 0)
                    Clear();
                return;
            }

            if (at >= 0)
                _open[at] = (source, record);
            else
                _open.Add((source, record));
            if (_drawnAt == 0 || Stopwatch.GetElapsedTime(_drawnAt) >= s_pause)
                Draw(_open[^1].Record);
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            if (!_visible)
                return;
            error.Write(Erase);
            _visible = false;
        }
    }

    /// <summary>Draws the line again as it was, if something is under way.</summary>
    public void Restore()
    {
        lock (gate)
        {
            if (_visible || _open.Count == 0 || _line.Length == 0)
                return;
            error.Write(Erase + _line);
            _visible = true;
        }
    }

    private void Draw(ProgressRecord record)
    {
        _drawnAt = Stopwatch.GetTimestamp();
        string line = Text(record);

        // One column stays free: a full line would wrap, and a wrapped line cannot be erased by a carriage return.
        int room = Math.Max(width() - 1, 1);
        _line = line.Length <= room ? line : line[..room];
        error.Write(Erase + _line);
        _visible = true;
    }

    private static string Text(ProgressRecord record)
    {
        var text = new StringBuilder(record.Activity);
        if (!string.IsNullOrEmpty(record.StatusDescription))
            text.Append(": ").Append(record.StatusDescription);
        if (record.PercentComplete >= 0)
            text.Append(CultureInfo.InvariantCulture, $" {record.PercentComplete}%");
        if (record.SecondsRemaining >= 0)
            text.Append(CultureInfo.InvariantCulture, $" ({TimeSpan.FromSeconds(record.SecondsRemaining)} left)");
        if (!string.IsNullOrEmpty(record.CurrentOperation))
            text.Append(" - ").Append(record.CurrentOperation);

        // A record may hold several lines or control characters; the line may not.
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
                text[i] = ' ';
        }

        return text.ToString();
    }
}
