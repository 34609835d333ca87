using Defragger.Preload;

namespace Defragger.PowerShell.Completers;

/// <summary>-Setting NAME=VALUE of the malloc: the names, then the values where they are words.</summary>
internal sealed class SettingCompleter : WordCompleter
{
    private const string Prefix = "DEFRAGGER_";

    protected override IEnumerable<Word> Words(TypedWord typed)
    {
        // As it was begun: with the variable's whole name or with the short one.
        bool whole = typed.Text.StartsWith("DEFRAGGER", StringComparison.OrdinalIgnoreCase);
        foreach (MallocSetting setting in MallocSetting.All)
        {
            string name = whole || !setting.Name.StartsWith(Prefix, StringComparison.Ordinal) ? setting.Name : setting.Name[Prefix.Length..];
            if (!typed.Text.Contains('=', StringComparison.Ordinal)) yield return new Word(name + "=", $"{setting.Name}: {setting.Values}");
            else foreach (string value in setting.Choices) yield return new Word($"{name}={value}", $"{setting.Name}: {setting.Values}");
        }
    }
}
