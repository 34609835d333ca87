using System.Text.Json;
using System.Text.Json.Serialization;

namespace Defragger.Python;

/// <summary>An installed CPython, as far as linking another executable of it goes. Plain data, told by itself.</summary>
internal sealed record PythonInstallation
{
    /// <summary>The first version in which an allocator can be put in ahead of the first object.</summary>
    internal const int LeastMinor = 8;

    /// <summary>"cpython", as <c>sys.implementation.name</c> has it.</summary>
    public required string Implementation { get; init; }

    /// <summary>Such as 3.11.2.</summary>
    public required string Version { get; init; }

    /// <summary>The 3 of it.</summary>
    public required int Major { get; init; }

    /// <summary>The 11 of it.</summary>
    public required int Minor { get; init; }

    /// <summary>Full path of the executable, links followed; of a virtual environment the one it was made from.</summary>
    public required string Executable { get; init; }

    /// <summary>Below which its library lies.</summary>
    public required string Prefix { get; init; }

    /// <summary>Below which its library was meant to lie when it was configured.</summary>
    public required string ConfiguredPrefix { get; init; }

    /// <summary>Folders with its headers.</summary>
    public required IReadOnlyList<string> Includes { get; init; }

    /// <summary>It has our built-in module already.</summary>
    public required bool IsOurs { get; init; }

    /// <summary>Built without a global interpreter lock.</summary>
    public required bool FreeThreaded { get; init; }

    /// <summary>Build settings that are words for the linker: LIBS, SYSLIBS, LINKFORSHARED, MODLIBS, LDFLAGS_NODIST.</summary>
    public required IReadOnlyDictionary<string, string> Words { get; init; }

    /// <summary>Build settings that are names: LIBPL, LIBDIR, LIBRARY, LDLIBRARY, SOABI, EXT_SUFFIX, CC, VERSION.</summary>
    public required IReadOnlyDictionary<string, string> Names { get; init; }

    /// <summary>Such as python3.11: what its executable and its folders are called.</summary>
    public string Name => $"python{Major}.{Minor}";

    /// <summary>The archive of its library: <c>LIBPL/libpythonX.Y.a</c>, which may not be there.</summary>
    public string Archive => Path.Combine(Names["LIBPL"], Names["LIBRARY"]);

    /// <summary>The shared library, which may not be there.</summary>
    public string SharedLibrary => Path.Combine(Names["LIBDIR"], Names["LDLIBRARY"]);

    /// <summary>Why no other executable of it can be linked, and what to do; null when it can.</summary>
    public string? Refusal() => this switch
    {
        { Implementation: not "cpython" } =>
            $"is {Implementation} and not CPython, which alone lets its allocator be chosen (PEP 445). Give a CPython",
        { Major: < 3 } or { Major: 3, Minor: < LeastMinor } =>
            $"is Python {Version}. Before 3.{LeastMinor} no allocator can be put in ahead of the first object. Give a later one",
        { FreeThreaded: true } =>
            $"is a free-threaded build of {Version}: its collector finds all objects by the pages of an allocator of its own. "
            + "Give the usual build of the same version",
        { IsOurs: true } => "is a Python on Defragger already. Give the stock Python that it was made from",
        _ when Normal(Prefix) != Normal(ConfiguredPrefix) && ConfiguredPrefix.Length > 0 =>
            $"was configured for '{ConfiguredPrefix}' and lies in '{Prefix}'. Another executable of it would look for its "
            + "library in the first. Give one that lies where it was installed, or build from source",
        _ => null,
    };

    /// <summary>Reads what <c>Scripts/installation.py</c> printed.</summary>
    /// <exception cref="FormatException">That is something else.</exception>
    public static PythonInstallation Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, InstallationJson.Default.PythonInstallation)
                ?? throw new FormatException("An installation is null.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"An installation cannot be read: {e.Message}", e);
        }
    }

    private static string Normal(string path) => Path.TrimEndingDirectorySeparator(path);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PythonInstallation))]
internal sealed partial class InstallationJson : JsonSerializerContext;
