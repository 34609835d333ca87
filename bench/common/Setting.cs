namespace Defragger.Bench;

/// <summary>What a workload runs under.</summary>
/// <param name="Name">Its name in tables and plots.</param>
/// <param name="Words">What precedes the workload's command in the words of env(1): settings of the environment, and at the
/// end the program where it differs from setting to setting.</param>
internal sealed record Setting(string Name, IReadOnlyList<string> Words)
{
    /// <summary>Otherwise Python's dictionaries are laid out, and collide, differently in each run.</summary>
    public const string SameHashes = "PYTHONHASHSEED=0";
}
