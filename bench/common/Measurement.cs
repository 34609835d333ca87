namespace Defragger.Bench;

/// <summary>The outcomes of some workloads under some settings, round by round, and what they come to.</summary>
internal sealed class Measurement(IReadOnlyList<Workload> workloads, IReadOnlyList<Setting> settings)
{
    private readonly Dictionary<(Workload, Setting), List<Outcome>> _outcomes = [];

    public IReadOnlyList<Workload> Workloads => workloads;

    /// <summary>The first is what the others are compared with.</summary>
    public IReadOnlyList<Setting> Settings => settings;

    public Setting Base => settings[0];

    public Setting? Find(string name) => settings.FirstOrDefault(one => one.Name == name);

    /// <summary>Runs everything, interleaved: in a round each workload meets all settings one after the other, so that
    /// a change in the machine's load meets all of them; in an order that changes from round to round.</summary>
    public void Run(Launcher launcher, int rounds, TextWriter progress)
    {
        var random = new Random(20261125);
        for (int round = 1; round <= rounds; round++)
        {
            foreach (Workload workload in workloads)
            {
                progress.Write($"round {round} of {rounds}, {workload.Name}:");
                Setting[] order = [.. settings];
                random.Shuffle(order);
                foreach (Setting setting in order)
                {
                    Outcome outcome = launcher.Run(setting.Words, workload.Command);
                    if (!_outcomes.TryGetValue((workload, setting), out List<Outcome>? outcomes))
                        _outcomes[(workload, setting)] = outcomes = [];
                    outcomes.Add(outcome);
                    progress.Write($" {setting.Name} {outcome.Seconds:f2}");
                }
                progress.WriteLine();
            }
        }
    }

    public double Seconds(Workload workload, Setting setting) =>
        Median(_outcomes[(workload, setting)].Select(one => one.Seconds));

    /// <summary>The median of the ratios round by round: not the ratio of medians, which may be of different rounds.</summary>
    public double Ratio(Workload workload, Setting setting) =>
        Median(_outcomes[(workload, setting)].Zip(_outcomes[(workload, Base)], (one, other) => one.Seconds / other.Seconds));

    /// <summary>The geometric mean of the ratios of the workloads that count.</summary>
    public double Mean(Setting setting, Func<Workload, bool> counts) =>
        Math.Exp(workloads.Where(counts).Average(workload => Math.Log(Ratio(workload, setting))));

    /// <summary>The median of what the workload printed as <paramref name="key"/>.</summary>
    public double Value(Workload workload, Setting setting, string key) =>
        Median(_outcomes[(workload, setting)].Select(one => (double)one.Values[key]));

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
