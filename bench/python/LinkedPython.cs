using System.Diagnostics;

namespace Defragger.Bench.Python;

/// <summary>An executable of an installed Python with our main and malloc.</summary>
internal static class LinkedPython
{
    /// <summary>Links it, in a second or two.</summary>
    /// <returns>Its path.</returns>
    /// <exception cref="InvalidOperationException">It cannot be linked; the message says why.</exception>
    public static string Make(string root, string python)
    {
        string folder = Path.Combine(root, "artifacts/bench-python");
        Directory.CreateDirectory(folder);
        string output = Path.Combine(folder, Path.GetFileName(new FileInfo(python).ResolveLinkTarget(true)?.Name ?? python));
        using Process process = Process.Start(new ProcessStartInfo(python,
        [
            "-I", "-B", Path.Combine(root, "lib/Defragger.Native/test/python/link.py"), output,
            Path.Combine(root, "artifacts/native/libdefragger.a"),
        ])
        { RedirectStandardOutput = true })!;
        string told = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"'{python}' could not be linked: {told}");
    }
}
