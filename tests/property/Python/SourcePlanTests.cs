using Defragger.Python;
using Xunit;

namespace Defragger.Tests.Python;

public sealed class SourcePlanTests
{
    [Fact]
    public void A_plain_build_makes_the_interpreter_and_then_the_rest()
    {
        SourcePlan plan = Plan(PythonOptimization.None);

        Assert.Equal(
            [
                "cd /src && ./configure --prefix=/place --with-x 'a b'",
                "cd /src && make -j3 python",
                "cd /src && make -j3",
                "cd /src && make install DESTDIR=/root",
            ],
            plan.Commands.Select(one => one.ToString()));
        Assert.Equal("cd /src && make -n python", plan.Makes[0].Count.ToString());
    }

    [Fact]
    public void With_a_profile_one_make_compiles_each_object_twice()
    {
        SourcePlan plan = Plan(PythonOptimization.PGO | PythonOptimization.LTO);

        Assert.Contains("--enable-optimizations", plan.ConfigureCommand.Arguments);
        Assert.Contains("--with-lto", plan.ConfigureCommand.Arguments);
        Assert.Equal(2, Assert.Single(plan.Makes).Times);
    }

    [Theory]
    [InlineData("--prefix=/x")]
    [InlineData("--prefix")]
    [InlineData("--enable-shared")]
    [InlineData("--disable-gil")]
    [InlineData("--with-lto=thin")]
    public void Words_that_would_undo_the_build_are_refused(string word) =>
        Assert.Contains(word, Assert.Throws<PythonRefusedException>(() => SourcePlan.CheckWords(["--with-x", word])).Message, StringComparison.Ordinal);

    [Fact]
    public void Other_words_are_left_to_configure() => SourcePlan.CheckWords(["--with-pydebug", "--prefixes", "CFLAGS=-O1", "--enable-shared-x"]);

    [Fact]
    public void Objects_are_counted_as_a_log_grows()
    {
        using var folder = new TemporaryDirectory();
        string path = folder.Write("log", "gcc -c -O2 -o early.o early.c\n");
        var count = new ObjectCount(path, new FileInfo(path).Length);
        string[] lines =
        [
            "gcc -c -I. -o Parser/token.o Parser/token.c", "gcc -fPIC -O3 -c /src/_json.c -o build/temp/_json.o",
            "gcc -o python Programs/python.o libpython.a -lm", "clang -o Objects/é.o -c Objects/x.c", "checking for -c -o... yes", "ar rcs a.a x.o",
        ];
        using (StreamWriter writer = File.AppendText(path))
        {
            // By a few characters at a time, so that lines and characters are cut everywhere.
            foreach (char[] part in string.Join('\n', lines).Append('\n').Chunk(5))
            {
                writer.Write(part);
                writer.Flush();
                count.Read();
            }
        }

        Assert.Equal(3, count.Objects);
        Assert.Equal("Objects/é.o", count.Last);
    }

    private static SourcePlan Plan(PythonOptimization optimize) => new("/src", "/place", "/root", 3, optimize, ["--with-x", "a b"]);
}
