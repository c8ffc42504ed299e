using Afterimage.Gateway;
using Afterimage.Tests.Cloud;
using Xunit;

namespace Afterimage.Tests.Gateway;

public sealed class OperatorReportsTests
{
    private readonly ManualTime _time = new();
    private readonly List<string> _lines = [];

    [Fact]
    public void The_first_line_is_written_at_once_and_those_that_follow_are_counted()
    {
        var reports = new OperatorReports(_time);
        reports.WriteTo(_lines.Add);
        reports.Report("one");
        reports.Report("two");
        reports.Report("three");
        _time.Advance(OperatorReports.Pause);
        reports.Report("four");
        Assert.Equal(["one", "four (2 more since the last such line)"], _lines);
    }

    [Fact]
    public void What_is_said_before_there_is_a_log_waits_for_it()
    {
        var reports = new OperatorReports(_time);
        reports.Report("early");
        Assert.Empty(_lines);
        reports.WriteTo(_lines.Add);
        Assert.Equal(["early"], _lines);
    }
}
