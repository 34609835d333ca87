using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Defragger.Bench;

/// <summary>Runs a program to its end under <c>defrag-launch</c>, which counts its processor time.</summary>
/// <param name="program">The path of defrag-launch.</param>
internal sealed class Launcher(string program)
{
    // No run takes minutes; one that hangs must not hang the benchmark.
    private const string Timeout = "600";

    /// <exception cref="InvalidOperationException">The program did not end with 0.</exception>
    public Outcome Run(IEnumerable<string> environment, IEnumerable<string> command)
    {
        // By env(1), so that the allocator is loaded into the program and not into the launcher.
        string[] words = [.. environment, .. command];
        var start = new ProcessStartInfo(program, ["--timeout", Timeout, "--", "/usr/bin/env", .. words])
        {
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        int line = text.IndexOf('\n', StringComparison.Ordinal);
        if (line < 0) throw new InvalidOperationException($"defrag-launch ended with {process.ExitCode} and no report.");

        using JsonDocument document = JsonDocument.Parse(text[..line]);
        JsonElement report = document.RootElement;
        string output = text[(line + 1)..];
        if (report.GetProperty("exit") is not { ValueKind: JsonValueKind.Number } exit || exit.GetInt32() != 0)
            throw new InvalidOperationException($"{string.Join(' ', words)}\n{text}");
        return new Outcome((Microseconds("user_us") + Microseconds("system_us")) / 1e6, Values(output));

        double Microseconds(string name) => report.GetProperty(name).GetInt64();
    }

    private static Dictionary<string, long> Values(string output)
    {
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string line in output.Split('\n'))
        {
            if (line.Split(' ') is [string key, string number]
                && long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
                values[key] = value;
        }
        return values;
    }
}
