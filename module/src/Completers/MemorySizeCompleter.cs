namespace Defragger.PowerShell.Completers;

/// <summary>An amount of memory: the units that a number can have.</summary>
internal sealed class MemorySizeCompleter : WordCompleter
{
    protected override IEnumerable<Word> Words(TypedWord typed)
    {
        string digits = new([.. typed.Text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
        if (digits.Length == 0) yield break;
        yield return new Word(digits + "GB", $"{digits} GB (a GB is 1024 MB)");
        yield return new Word(digits + "MB", $"{digits} MB");
        // A share makes sense of what runs on this machine; one case and a machine that is thought of are given as amounts.
        if (typed.Parameter == "MemoryBudget") yield return new Word(digits + "%", $"{digits} % of the memory there is");
    }
}
