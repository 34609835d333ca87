using System.Diagnostics.CodeAnalysis;

namespace Defragger.Bench.Placement;

/// <summary>How many pages each placement policy pins on recorded traces. <c>./defrag bench placement</c> calls this.</summary>
internal static class Program
{
    private const string Usage = """
        usage: ./defrag bench placement [--check] [TRACE...] [POLICY...]

        Replays each trace (samples/traces/*.trace.gz if none is given) with each policy (all if none is given):
          peak     pages with a live block, at most     x  through the bytes that were live at most
          end      the same when the trace ends         x  through the bytes live there
          held     pages at the end that could not be purged: live, or in a cache
          touched  pages up to the highest ever used, as if nothing were purged
          ns       processor time of an allocation or a release in this simulation
        --check    no table: verifies that no two blocks overlap

        """;

    private static int Main(string[] words)
    {
        if (!TryRead(words, out bool isCheck, out List<string>? traces, out List<Policy>? policies)) return 3;
        foreach (string path in traces)
        {
            Steps steps;
            try
            {
                steps = Steps.Read(path);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or FormatException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"placement: {path}: {e.Message}");
                return 3;
            }
            Console.WriteLine($"{Path.GetFileName(path)}: {steps}");
            if (isCheck) Check(steps, policies);
            else Table.Print(steps, policies);
            Console.WriteLine();
        }
        return 0;
    }

    private static void Check(Steps steps, List<Policy> policies)
    {
        foreach (Policy policy in policies)
        {
            Replay.Check(steps, policy);
            Console.WriteLine($"  {policy.Name}: no overlap");
        }
    }

    private static bool TryRead(
        string[] words,
        out bool isCheck,
        [NotNullWhen(true)] out List<string>? traces,
        [NotNullWhen(true)] out List<Policy>? policies)
    {
        isCheck = false;
        (traces, policies) = ([], []);
        foreach (string word in words)
        {
            Policy? policy = Policy.All.FirstOrDefault(one => one.Name.Equals(word, StringComparison.OrdinalIgnoreCase));
            if (word == "--check") isCheck = true;
            else if (policy != null) policies.Add(policy);
            else if (File.Exists(word)) traces.Add(word);
            else
            {
                string names = string.Join(", ", Policy.All.Select(one => one.Name));
                Console.Error.WriteLine($"placement: '{word}' is neither a trace nor a policy: {names}.\n\n{Usage}");
                return false;
            }
        }
        if (policies.Count == 0) policies.AddRange(Policy.All);
        if (traces.Count == 0) traces.AddRange(Samples());
        return true;
    }

    // The program lies somewhere below the repository's root, the caller may be anywhere.
    private static IEnumerable<string> Samples()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            string traces = Path.Combine(folder.FullName, "samples", "traces");
            if (Directory.Exists(traces)) return Directory.GetFiles(traces, "*.trace.gz").Order(StringComparer.Ordinal);
        }
        return [];
    }
}
