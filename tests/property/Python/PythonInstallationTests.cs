using Defragger.Python;
using Xunit;

namespace Defragger.Tests.Python;

public sealed class PythonInstallationTests
{
    [Fact]
    public void A_usual_Python_from_3_8_on_is_taken()
    {
        Assert.Null(PythonCases.Installation.Refusal());
        Assert.Null((PythonCases.Installation with { Minor = 8 }).Refusal());
        Assert.Null((PythonCases.Installation with { Minor = 15, Prefix = "/usr/" }).Refusal());
    }

    [Fact]
    public void What_cannot_be_served_is_refused_with_what_to_do()
    {
        PythonInstallation good = PythonCases.Installation;
        Assert.All(
            new (PythonInstallation Bad, string Says)[]
            {
                (good with { Implementation = "pypy" }, "Give a CPython"),
                (good with { Major = 2, Minor = 7, Version = "2.7.18" }, "is Python 2.7.18"),
                (good with { Minor = 7, Version = "3.7.16" }, "Give a later one"),
                (good with { FreeThreaded = true }, "Give the usual build"),
                (good with { IsOurs = true }, "Give the stock Python"),
                (good with { Prefix = "/elsewhere" }, "was configured for '/usr' and lies in '/elsewhere'"),
            },
            one => Assert.Contains(one.Says, one.Bad.Refusal(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"implementation\":\"cpython\"}")]
    public void Something_else_is_no_installation(string printed) =>
        Assert.Throws<FormatException>(() => PythonInstallation.Parse(printed));
}
