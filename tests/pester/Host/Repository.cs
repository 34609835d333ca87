using System.Reflection;

namespace Defragger.Tests.Pester;

/// <summary>Where things are: the folder that the project was built in.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(a => a.Key == "RepositoryRoot").Value!));

    public static string Specs => In("tests", "pester");

    public static string SelfTests => In("tests", "pester", "Host", "SelfTests");

    public static string Host => In("artifacts", "host", "defrag-host");

    public static string WordsScript => In("module", "host", "Invoke-Words.ps1");

    public static string SampleModule
    {
        get
        {
            // Beside this project's own output, in the same configuration.
            string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
            return In("artifacts", "bin", "Defragger.Sample", configuration, "Defragger.Sample.psd1");
        }
    }

    public static string In(params string[] parts) => Path.Combine([Root, .. parts]);
}
