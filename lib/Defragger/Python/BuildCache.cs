using Defragger.Files;

namespace Defragger.Python;

/// <summary>Stock Pythons that were built from source, each installed in a folder of the cache that it was configured for.</summary>
/// <remarks>
/// <code>
/// entries/NAME/key        the text of its key
/// entries/NAME/prefix/    the Python
/// locks/NAME              held by who builds, drops or copies it
/// work/                   builds under way
/// </code>
/// An entry is whole or not there: it is built in work/ and renamed. One lock for each entry makes the second of two builds wait
/// and find what the first has made. What a killed build left in work/ is removed by the next one.
/// </remarks>
internal sealed class BuildCache(string folder)
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(250);

    /// <summary>Full path of the folder.</summary>
    public string Folder => folder;

    /// <summary>Where the Python of a key lies, or would.</summary>
    public string PrefixOf(CacheKey key) => Path.Combine(EntryOf(key), "prefix");

    /// <summary>Whether the Python of a key is there.</summary>
    public bool Has(CacheKey key)
    {
        string note = Path.Combine(EntryOf(key), "key");
        return File.Exists(note) && File.ReadAllText(note) == key.Text && Directory.Exists(PrefixOf(key));
    }

    /// <summary>Waits for an entry's lock.</summary>
    /// <param name="key">Of the entry.</param>
    /// <param name="waiting">Called once if another has it.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public IDisposable Lock(CacheKey key, Action waiting, CancellationToken stop)
    {
        string locks = Path.Combine(folder, "locks");
        PrivatePath.CreateFolder(locks);
        string path = Path.Combine(locks, key.Name);
        for (bool told = false; ;)
        {
            try
            {
                return PrivatePath.OpenFile(path, FileMode.OpenOrCreate);
            }
            catch (IOException e) when (e.GetType() == typeof(IOException) && File.Exists(path))
            {
                if (!told) waiting();
                told = true;
            }
            stop.WaitHandle.WaitOne(s_retry);
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A folder for a build under way; on the same file system as the entries.</summary>
    public ScratchFolder NewWork() => new(Path.Combine(folder, "work"));

    /// <summary>Makes an entry of what a build installed. The lock is held.</summary>
    /// <param name="key">Of the entry.</param>
    /// <param name="root">The folder that stood for '/' when it was installed.</param>
    public void Add(CacheKey key, string root)
    {
        string entry = EntryOf(key), made = Path.Combine(root, entry.TrimStart('/'));
        File.WriteAllText(Path.Combine(made, "key"), key.Text);
        Directory.CreateDirectory(Path.GetDirectoryName(entry)!);
        Drop(key);
        Directory.Move(made, entry);
    }

    /// <summary>Removes an entry, if it is there. The lock is held.</summary>
    public void Drop(CacheKey key)
    {
        string entry = EntryOf(key);
        if (!Directory.Exists(entry)) return;
        using ScratchFolder work = NewWork();
        Directory.Move(entry, work["dropped"]); // gone at once; the rest takes its time
    }

    /// <summary>Removes all entries that nobody is building or copying.</summary>
    /// <returns>Bytes of the files that were removed.</returns>
    public long Clear()
    {
        string entries = Path.Combine(folder, "entries");
        if (!Directory.Exists(entries)) return 0;
        long freed = 0;
        foreach (string entry in Directory.GetDirectories(entries))
        {
            string path = Path.Combine(folder, "locks", Path.GetFileName(entry));
            try
            {
                PrivatePath.CreateFolder(Path.GetDirectoryName(path)!);
                using FileStream held = PrivatePath.OpenFile(path, FileMode.OpenOrCreate);
                long size = SizeOf(entry);
                using ScratchFolder work = NewWork();
                Directory.Move(entry, work["dropped"]);
                freed += size;
            }
            catch (IOException e) when (e.GetType() == typeof(IOException))
            {
                // In use: it stays.
            }
        }
        return freed;
    }

    /// <summary>Bytes of all entries' files.</summary>
    public long Size()
    {
        string entries = Path.Combine(folder, "entries");
        return Directory.Exists(entries) ? SizeOf(entries) : 0;
    }

    private static long SizeOf(string path)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return new DirectoryInfo(path).EnumerateFiles("*", options).Sum(file => file.Length);
    }

    private string EntryOf(CacheKey key) => Path.Combine(folder, "entries", key.Name);
}
