namespace Defragger.Comparers.Matching;

/// <summary>The names of files or of rules that occur in a log.</summary>
/// <remarks>At most <see cref="Limit"/>, about 8 MiB; beyond that nothing can be said of a name that is not here.</remarks>
internal sealed class NameSet
{
    public const int Limit = 1 << 18;

    private readonly HashSet<ulong> _names = [];
    private ulong _last; // most findings have the name of the one before

    /// <summary>Every name of the log is here.</summary>
    public bool IsComplete { get; private set; } = true;

    public void Add(ulong name)
    {
        if (name == _last)
            return;
        _last = name;
        if (_names.Count < Limit)
            _names.Add(name);
        else if (!_names.Contains(name))
            IsComplete = false;
    }

    public bool Contains(ulong name) => _names.Contains(name);
}
