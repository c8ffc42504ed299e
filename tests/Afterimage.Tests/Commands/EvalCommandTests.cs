using System.Text.Json;
using Afterimage.Commands;
using Xunit;

namespace Afterimage.Tests.Commands;

public sealed class EvalCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-eval").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_table_shows_each_category_and_the_whole()
    {
        string file = Write("label\tcategory\ta\tb\n1\tcase\ta red car\tA Red Car\n0\tother\ta red car\tsix frogs\n\tother\ta\tb\n");
        (int code, string output, _) = await RunAsync([file]);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("pairs.tsv: case", output);
        Assert.Contains("1/1", output);
        Assert.Contains("pairs.tsv: all", output);
    }

    [Fact]
    public async Task Json_is_one_line_per_report_with_intervals()
    {
        string file = Write("label\tcategory\tscore\ta\tb\n1\tc\t5\ta red car\tA Red Car\n0\tc\t0\ta red car\tsix frogs\n");
        (_, string output, _) = await RunAsync([file], json: true);
        JsonElement[] lines = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(2, lines.Length);
        Assert.Equal("cosine", lines[0].GetProperty("policy").GetString());
        Assert.Equal(1, lines[0].GetProperty("reuse").GetProperty("rate").GetDouble());
        Assert.Equal(0.025, lines[0].GetProperty("reuse").GetProperty("low").GetDouble(), 6);
        Assert.Equal(1, lines[0].GetProperty("spearman").GetDouble(), 6);
        Assert.Equal(JsonValueKind.Null, lines[1].GetProperty("category").ValueKind);
    }

    [Fact]
    public async Task The_plot_is_well_formed_svg()
    {
        string file = Write("label\ta\tb\n1\ta red car\tA Red Car\n0\ta red car\tsix frogs\n");
        string plot = Path.Combine(_folder, "plot.svg");
        await RunAsync([file], plot: plot);
        Assert.Equal("svg", System.Xml.Linq.XDocument.Load(plot).Root!.Name.LocalName);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a\tb\n", "no column 'label'")]
    [InlineData("label\ta\tb\n1\tx\n", "line 2: 2 columns")]
    [InlineData("label\ta\tb\nyes\tx\ty\n", "label 'yes'")]
    [InlineData("label\tscore\ta\tb\n1\thigh\tx\ty\n", "score 'high'")]
    public async Task A_bad_file_fails_and_the_message_says_where(string content, string message)
    {
        (int code, _, string error) = await RunAsync([Write(content)]);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains(message, error);
    }

    [Fact]
    public async Task A_missing_file_fails() => Assert.Equal(ExitCode.Failed, (await RunAsync([Path.Combine(_folder, "none.tsv")])).Code);

    [Theory]
    [InlineData("nonsense", 0.01)]
    [InlineData("", 0.01)]
    [InlineData("cosine", 1.5)]
    [InlineData("cosine", double.NaN)]
    public async Task Wrong_options_are_wrong_usage(string policy, double maxFalseReuse) =>
        Assert.Equal(ExitCode.WrongUsage, (await RunAsync([Write("label\ta\tb\n")], policy, maxFalseReuse)).Code);

    private string Write(string content)
    {
        string path = Path.Combine(_folder, "pairs.tsv");
        File.WriteAllText(path, content);
        return path;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(
        string[] files, string policy = "cosine", double maxFalseReuse = 0.01, bool json = false, string? plot = null)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await EvalCommand.RunAsync(files, policy, maxFalseReuse, json, plot, output, error, default);
        return (code, output.ToString(), error.ToString());
    }
}
