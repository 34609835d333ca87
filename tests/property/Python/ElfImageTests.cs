using System.Diagnostics;
using Defragger.Python;
using Defragger.Tests.Engines;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Python;

public sealed class ElfImageTests
{
    private static readonly string s_native = Path.GetDirectoryName(LauncherProgram.Location)!;
    private static readonly byte[] s_library = File.ReadAllBytes(Path.Combine(s_native, "libdefragger.so"));

    [Fact]
    public void A_library_tells_its_names()
    {
        ElfImage library = ElfImage.Parse(s_library);

        Assert.True(library.IsPositionIndependent);
        Assert.Superset(new HashSet<string> { "malloc", "free", "df_malloc_statistics" }, library.Exports.ToHashSet());
        Assert.DoesNotContain("memcpy", library.Exports); // it asks for that one
    }

    [Theory]
    [InlineData("libdefragger.so")]
    [InlineData("libdefragger-core.so")]
    [InlineData("/bin/sh")]
    [InlineData("/usr/bin/python3")]
    public void Its_names_are_those_that_nm_tells(string file)
    {
        string path = Path.GetFullPath(file, s_native);
        Assert.SkipUnless(File.Exists(path), $"there is no {path}");
        Assert.SkipUnless(File.Exists("/usr/bin/nm"), "there is no nm: apt-get install binutils");
        using Process nm = Process.Start(new ProcessStartInfo("/usr/bin/nm", ["-D", "--defined-only", path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        HashSet<string> expected = [.. nm.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ')[^1].Split('@')[0])];

        Assert.Equal(expected, ElfImage.Read(path).Exports.ToHashSet());
    }

    [Property(MaxTest = 2000)]
    public void Damaged_bytes_are_refused_or_read_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        byte[] damaged = [.. s_library[..random.Next(s_library.Length + 1)]];
        for (int count = random.Next(1, 20); count > 0 && damaged.Length > 0; count--)
        {
            // Half of the damage goes where the table of sections is told of.
            int at = random.Next(2) == 0 ? random.Next(Math.Min(64, damaged.Length)) : random.Next(damaged.Length);
            damaged[at] = (byte)random.Next(256);
        }
        try
        {
            ElfImage.Parse(damaged);
        }
        catch (InvalidDataException)
        {
        }
    }

    [Fact]
    public void A_text_is_refused_with_its_name()
    {
        using var folder = new TemporaryDirectory();
        string path = folder.Write("text", "#!/bin/sh\n");

        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => ElfImage.Read(path)).Message, StringComparison.Ordinal);
    }
}
