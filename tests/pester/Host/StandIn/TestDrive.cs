using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Defragger.Tests.Pester.StandIn;

/// <summary>
/// <c>$TestDrive</c> and <c>TestDrive:</c>: an empty folder for each file. What a block leaves in it is gone after the
/// block, what was there before stays.
/// </summary>
internal sealed class TestDrive : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("defrag-spec-");

    public TestDrive(SessionStateProxy session)
    {
        session.SetVariable("TestDrive", _folder.FullName);
        ProviderInfo files = session.Provider.GetOne("FileSystem");
        session.Drive.New(new PSDriveInfo("TestDrive", files, _folder.FullName, "", null), "global");
    }

    public HashSet<string> Contents() =>
        [.. Directory.EnumerateFileSystemEntries(_folder.FullName, "*", SearchOption.AllDirectories)];

    public void RestoreTo(HashSet<string> before)
    {
        // A folder goes with all that is in it, so an entry may be gone when its turn comes.
        foreach (string path in Contents().Where(p => !before.Contains(p)))
        {
            if (Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null)
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
