using System.Reflection;
using System.Runtime.Loader;

namespace Defragger.Init;

/// <summary>Loads what lies in the module's own directory of libraries; the engine and the framework come from the
/// default context, so that their types are shared with the session.</summary>
internal sealed class ModuleLoadContext(string directory) : AssemblyLoadContext("Defragger")
{
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Path.Combine(directory, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
