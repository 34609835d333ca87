using System.Globalization;

namespace Defragger.Bench.Malloc;

/// <summary>The same programs under each malloc. <c>./defrag bench malloc</c> calls this.</summary>
internal static class Program
{
    private static int Main(string[] words)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        string root = Root();
        IReadOnlyList<Allocator> all = Allocator.All(root);
        if (!Options.TryParse(words, [.. all.Select(one => one.Name)], out Options? options, out string reason))
        {
            Console.Error.WriteLine($"malloc: {reason}.\n\n{Options.Usage}");
            return 2;
        }

        var found = new List<Allocator>();
        foreach (Allocator one in all.Where(one => one.Library == null || options.Allocators?.Contains(one.Name) != false))
        {
            if (one.Found() is { } here) found.Add(here);
            else Console.Error.WriteLine($"left out: {one.Name} ({one.Remedy})");
        }

        string native = Path.Combine(root, "artifacts/native");
        var launcher = new Launcher(Path.Combine(native, "defrag-launch"));
        int percent = options.Quick ? 20 : 100;
        if (options.Takes("micro"))
        {
            var micro = new Measurement(Programs.Micro(native, percent), Setting.ForC(found));
            micro.Run(launcher, options.Rounds, Console.Error);
            Console.WriteLine(SpeedTable.Of(micro, one => one.Name != Programs.Append));
        }
        return 0;
    }

    // The program lies below the repository's root, the caller may be anywhere.
    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "Defragger.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The benchmark runs from within the repository.");
    }
}
