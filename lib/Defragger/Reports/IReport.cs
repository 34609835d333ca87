using Defragger.Compare;

namespace Defragger.Reports;

/// <summary>Writes one report: what is known of the whole run first, then case by case. Nothing of a case is kept but what the
/// format must have at its end.</summary>
internal interface IReport : IDisposable
{
    /// <summary>What comes before the first case.</summary>
    void Begin(ReportHead head);

    /// <summary>The next case.</summary>
    void Add(JournalLine line);

    /// <summary>What comes after the last case. Everything is in the stream then.</summary>
    void End();
}
