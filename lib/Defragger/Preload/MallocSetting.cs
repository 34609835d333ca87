using System.Globalization;

namespace Defragger.Preload;

/// <summary>A setting of the malloc: a variable of its environment (defragger.h tells what each does).</summary>
/// <remarks>The malloc passes over a value that it does not know with a line on standard error. Here it is refused before
/// anything is started.</remarks>
public sealed class MallocSetting
{
    private const string Prefix = "DEFRAGGER_";

    private readonly string[]? _words;
    private readonly int _most;
    private readonly bool _isPath;

    private MallocSetting(string name, int most, string[]? words = null, bool isPath = false) =>
        (Name, _most, _words, _isPath) = (name, most, words, isPath);

    /// <summary>All of them, as lib/Defragger.Native/src/malloc/settings.c has them.</summary>
    public static IReadOnlyList<MallocSetting> All { get; } =
    [
        new("DEFRAGGER", 1, ["on", "off"]),
        new("DEFRAGGER_BACKGROUND", 1),
        new("DEFRAGGER_DECAY_MS", 3_600_000),
        new("DEFRAGGER_CACHE", 2048),
        new("DEFRAGGER_ON_ERROR", 1, ["abort", "warn"]),
        new("DEFRAGGER_HARDENED", 1),
        new("DEFRAGGER_STATISTICS", 1),
        new("DEFRAGGER_MERGE", 3, ["off", "on", "auto", "ksm"]),
        new("DEFRAGGER_RECORD", 0, isPath: true),
    ];

    /// <summary>The variable.</summary>
    public string Name { get; }

    /// <summary>The values that it takes, in words: "a number from 0 to 2048".</summary>
    public string Values => _isPath ? "a path" : _words != null ? string.Join(" or ", _words) : $"a number from 0 to {_most}";

    /// <summary>The values one by one where they are few words; else none.</summary>
    internal IReadOnlyList<string> Choices => _words ?? (_most == 1 ? ["0", "1"] : []);

    /// <summary>The setting of a name, with or without <c>DEFRAGGER_</c> in front, in any case.</summary>
    /// <exception cref="FormatException">There is none; the message tells those that there are.</exception>
    public static MallocSetting Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.FirstOrDefault(one => Is(one.Name, name) || Is(one.Name, Prefix + name)) ?? throw new FormatException(
            $"the malloc has no setting '{name}'; it has {string.Join(", ", All.Select(one => one.Name))}");

        static bool Is(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A value as the variable takes it: true and false are 1 and 0.</summary>
    /// <exception cref="FormatException">The malloc would not take it; the message tells what it takes.</exception>
    public string Check(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (_isPath) return value.Length > 0 && !value.Contains('\0', StringComparison.Ordinal) ? value : throw Wrong(value);
        if (_words != null) return _words.FirstOrDefault(word => word.Equals(value, StringComparison.OrdinalIgnoreCase)) ?? throw Wrong(value);
        if (_most == 1 && bool.TryParse(value, out bool flag)) return flag ? "1" : "0";
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= _most
            ? number.ToString(CultureInfo.InvariantCulture) : throw Wrong(value);
    }

    private FormatException Wrong(string value) => new($"{Name} is {Values}, and not '{value}'");
}
