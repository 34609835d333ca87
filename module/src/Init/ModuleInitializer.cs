using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace Defragger.Init;

/// <summary>Gives the module a load context of its own when it is imported.</summary>
/// <remarks>
/// pwsh ships libraries that the module uses too, in versions of its own (Microsoft.Extensions.ObjectPool among them).
/// The manifest names this assembly as a nested module, so it runs first; the root module lies in Dependencies/,
/// where the engine does not find it by itself, and the default context's last resort is asked: it is answered here.
/// </remarks>
public sealed class ModuleInitializer : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private const string RootModule = "Defragger.PowerShell";

    // One context for the life of the process: a type loaded twice would be two types.
    private static readonly ModuleLoadContext s_context = new(Path.Combine(
        Path.GetDirectoryName(typeof(ModuleInitializer).Assembly.Location)!, "Dependencies"));

    /// <summary>Called by the engine before the root module is loaded.</summary>
    public void OnImport() => AssemblyLoadContext.Default.Resolving += Resolve;

    /// <summary>Called by the engine when the module is removed.</summary>
    /// <param name="psModuleInfo">The module.</param>
    public void OnRemove(PSModuleInfo psModuleInfo) => AssemblyLoadContext.Default.Resolving -= Resolve;

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        name.Name == RootModule ? s_context.LoadFromAssemblyName(name) : null;
}
