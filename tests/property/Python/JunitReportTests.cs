using Defragger.Python.Suite;
using Xunit;

namespace Defragger.Tests.Python;

/// <summary>Reports as Debian's Python 3.11.2 wrote them, on stock and on ours.</summary>
internal static class Reports
{
    public static IReadOnlyList<TestEntry> Read(string name) =>
        JunitReport.Read(Path.Combine(AppContext.BaseDirectory, "Python", "Reports", name));

    public static FileRun Run(string name) => new(Read(name), null, TimeSpan.FromSeconds(1));
}

public class JunitReportTests
{
    [Fact]
    public void A_report_tells_what_passed_what_failed_and_what_was_skipped()
    {
        IReadOnlyList<TestEntry> tests = Reports.Read("test_sys-ours.xml");
        Assert.Equal(68, tests.Count);
        Assert.Equal(["test.test_sys.SysModuleTest.test_debugmallocstats", "test.test_sys.SysModuleTest.test_getallocatedblocks"],
            tests.Where(one => one.Outcome == TestOutcome.Failed).Select(one => one.Name));
        Assert.Equal(6, tests.Count(one => one.Outcome == TestOutcome.Skipped));
        Assert.Contains("AssertionError: 0 not greater than 0", tests.First(one => one.Name!.EndsWith("test_getallocatedblocks")).Detail);
    }

    [Fact]
    public void A_test_with_failing_subtests_has_no_name_and_has_failed()
    {
        TestEntry[] nameless = [.. Reports.Read("test_cmd_line-ours.xml").Where(one => one.Name == null)];
        Assert.Equal([TestOutcome.Failed], nameless.Select(one => one.Outcome));
    }

    [Fact]
    public void An_expected_failure_has_passed_and_an_unexpected_success_has_failed()
    {
        IReadOnlyList<TestEntry> tests = JunitReport.Parse(
            "<testsuites><testsuite><testcase name='a'><output>Error</output></testcase>"
            + "<testcase name='b'><outcome>UNEXPECTED_SUCCESS</outcome></testcase></testsuite></testsuites>");
        Assert.Equal([TestOutcome.Passed, TestOutcome.Failed], tests.Select(one => one.Outcome));
    }

    [Theory]
    [InlineData("\0 \u0001 \u001b[31m \ufffe")]
    [InlineData("&#55296; &#1; &#0;")]
    public void Characters_that_no_XML_may_have_do_not_spoil_a_report(string output)
    {
        IReadOnlyList<TestEntry> tests = JunitReport.Parse(
            $"<testsuites><testsuite><testcase name=\"a\"><failure>{output}</failure></testcase></testsuite></testsuites>");
        Assert.Equal(new TestEntry("a", TestOutcome.Failed, tests[0].Detail), Assert.Single(tests));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<testsuites><testsuite>")]
    [InlineData("<!DOCTYPE a [<!ENTITY b 'c'>]><testsuites>&b;</testsuites>")]
    public void What_is_no_report_is_an_error(string text) => Assert.Throws<FormatException>(() => JunitReport.Parse(text));

    [Fact]
    public void Of_a_long_output_the_end_is_kept()
    {
        TestEntry one = Assert.Single(JunitReport.Parse($"<t><testcase name=\"a\"><error>{new string('x', 100_000)}end</error></testcase></t>"));
        Assert.InRange(one.Detail.Length, 1000, 5000);
        Assert.EndsWith("end", one.Detail);
    }
}
