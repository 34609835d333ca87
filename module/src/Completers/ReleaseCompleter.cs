using Defragger.Python;

namespace Defragger.PowerShell.Completers;

/// <summary>Build-DefragPython -Version: the releases whose source is known by its hash.</summary>
internal sealed class ReleaseCompleter : WordCompleter
{
    protected override IEnumerable<Word> Words(TypedWord typed) =>
        Release.Known.Select(release => new Word(release.Version, $"{release.Version}, from {release.Suite}"));
}
