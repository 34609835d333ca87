using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Defragger.Interop;

/// <summary>Where libdefragger-core.so is. The system would look in its own folders only; ours lies with the
/// assembly.</summary>
/// <remarks>Beside the assembly (a published program), in <c>runtimes/RID/native/</c> below it (a build, a package), and in
/// <c>../bin/</c> (the module, whose native programs have a folder).</remarks>
internal static class NativeLibraryPath
{
    private static readonly string s_file =
        OperatingSystem.IsWindows() ? "defragger-core.dll"
        : OperatingSystem.IsMacOS() ? "libdefragger-core.dylib"
        : "libdefragger-core.so";

    /// <summary>From here on the runtime asks this class for our library.</summary>
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraryPath).Assembly, Resolve);

    /// <summary>The places, in the order in which they are tried.</summary>
    internal static IEnumerable<string> Candidates(string folder)
    {
        yield return Path.Combine(folder, s_file);
        // A runtime that a distribution built calls itself by the distribution's name; the file never is.
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        string portable = $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        foreach (string rid in new[] { RuntimeInformation.RuntimeIdentifier, portable }.Distinct())
            yield return Path.Combine(folder, "runtimes", rid, "native", s_file);
        yield return Path.GetFullPath(Path.Combine(folder, "..", "bin", s_file));
    }

    /// <summary>An assembly that was linked into a native program, or loaded from bytes, has no file of its own.</summary>
    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "The empty answer is provided for.")]
    private static string Folder(Assembly assembly) =>
        Path.GetDirectoryName(assembly.Location) is { Length: > 0 } folder ? folder : AppContext.BaseDirectory;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? paths)
    {
        if (name != NativeMethods.Library) return 0; // somebody else's: the usual way
        List<string> places = [.. Candidates(Folder(assembly))];
        foreach (string path in places)
            if (File.Exists(path)) return NativeLibrary.Load(path);
        throw new DllNotFoundException(
            $"The native heap needs {s_file}, which is in none of its places: {string.Join(", ", places)}.");
    }
}
