using System.Formats.Tar;

namespace Defragger.Tests.Python;

/// <summary>A source that looks like CPython's and is built in no time: its configure and make do as they are told, and what they
/// install answers as a Python would.</summary>
internal static class FakeSource
{
    /// <summary>Notes each configure in COUNT, and runs a script of the test.</summary>
    private const string Configure = """
        #!/bin/sh
        set -e
        echo configured >> 'COUNT'
        for word do case $word in --prefix=*) prefix=${word#--prefix=};; esac; done
        SCRIPT
        printf 'all python:\n\t@echo gcc -c -o x.o x.c\n\tMAKE\ninstall:\n\tmkdir -p $(DESTDIR)%s/bin $(DESTDIR)%s/lib/python3.11\n' "$prefix" "$prefix" > Makefile
        printf '\techo where: %s > $(DESTDIR)%s/lib/python3.11/place.txt\n' "$prefix" "$prefix" >> Makefile
        printf '\tsed s:PREFIX:%s:g fake-python > $(DESTDIR)%s/bin/python3; chmod +x $(DESTDIR)%s/bin/python3\n' "$prefix" "$prefix" "$prefix" >> Makefile
        """;

    private const string Python = """
        #!/bin/sh
        echo '{"implementation":"cpython","version":"3.11.2","major":3,"minor":11,"executable":"PREFIX/bin/python3","prefix":"PREFIX","configuredPrefix":"PREFIX","includes":[],"isOurs":false,"freeThreaded":false,"words":{},"names":{}}'
        """;

    /// <summary>An archive whose one folder is called top.</summary>
    public static string Archive(string path, string version, Action<TarWriter>? more = null, string count = "/dev/null", string script = "", string make = "true")
    {
        using FileStream stream = File.Create(path);
        using var writer = new TarWriter(stream);
        foreach ((string name, string text, bool runs) in Files(version, count, script, make))
            Add(writer, "top/" + name, text, runs ? (UnixFileMode)0b_111_101_101 : (UnixFileMode)0b_110_100_100);
        more?.Invoke(writer);
        return path;
    }

    /// <summary>A folder.</summary>
    public static void WriteFolder(TemporaryDirectory folder, string name, string version)
    {
        foreach ((string file, string text, _) in Files(version, "/dev/null", "", "true")) folder.Write($"{name}/{file}", text);
    }

    /// <summary>Adds a file to an archive.</summary>
    public static void Add(TarWriter writer, string name, string text, UnixFileMode mode = (UnixFileMode)0b_110_100_100)
    {
        using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = mode });
    }

    private static IEnumerable<(string Name, string Text, bool Runs)> Files(string version, string count, string script, string make)
    {
        string configure = Configure.Replace("COUNT", count, StringComparison.Ordinal).Replace("SCRIPT", script, StringComparison.Ordinal)
            .Replace("MAKE", make, StringComparison.Ordinal);
        yield return ("configure", configure, true);
        yield return ("fake-python", Python, false);
        yield return ("Makefile.pre.in", "", false);
        yield return ("Include/patchlevel.h", $"/* fake */\n#define PY_VERSION      \t\"{version}\"\n", false);
    }
}
