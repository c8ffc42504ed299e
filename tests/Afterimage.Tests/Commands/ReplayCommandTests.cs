using System.IO.Compression;
using System.Text.Json;
using Afterimage.Commands;
using Xunit;

namespace Afterimage.Tests.Commands;

public sealed class ReplayCommandTests : IDisposable
{
    private const string Header = "seq\torigin_seconds\timages\twidth\theight\tsteps\tcfg\tsampler\tseed\tprompt\n";

    private const string Log = Header
        + "1\t4\t1\t\t\t\t\t\t11\ta red car on a bridge\n"
        + "2\t4\t1\t\t\t\t\t\t11\ta red car on a bridge\n" // the same request
        + "3\t4\t2\t\t\t\t\t\t11\ta red car on a bridge\n" // two pictures: another partition
        + "4\t4\t1\t\t\t\t\t\t12\ta red car on a bridge\n" // another seed
        + "5\t4\t1\t\t\t\t\t\t13\tA red car on a bridge!\n" // the same words
        + "6\t4\t1\t\t\t\t\t\t14\tsix frogs in a pond\n"
        + "7\t4\t1\t768\t512\t\t\t\t14\tsix frogs in a pond\n"; // another size

    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-replay").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Seeds_drawn_by_the_service_let_any_picture_of_the_prompt_answer()
    {
        JsonElement report = (await ReportsAsync(Log, "any"))[0];
        Assert.Equal(7, report.GetProperty("requests").GetInt32());
        Assert.Equal(2, Requests(report, "exact"));
        Assert.Equal(1, Requests(report.GetProperty("semantic"), "sameWords"));
        Assert.Equal(0, Requests(report.GetProperty("semantic"), "paraphrase"));
        Assert.Equal(4, Requests(report, "miss"));
        Assert.Equal(12, report.GetProperty("originSecondsSaved").GetDouble());
        Assert.Equal(3 * 0.5, report.GetProperty("moneySaved").GetDouble());
    }

    [Fact]
    public async Task Named_seeds_must_match()
    {
        JsonElement report = (await ReportsAsync(Log, "strict"))[0];
        Assert.Equal(1, Requests(report, "exact"));
        Assert.Equal(0, Requests(report.GetProperty("semantic"), "sameWords"));
        Assert.Equal(6, Requests(report, "miss"));
    }

    [Fact]
    public async Task There_is_a_report_for_each_rule_and_policy()
    {
        JsonElement[] reports = await ReportsAsync(Log, "strict,any", "matcher,cosine");
        Assert.Equal(
            ["strict matcher", "strict cosine", "any matcher", "any cosine"],
            reports.Select(r => $"{r.GetProperty("seeds").GetString()} {r.GetProperty("policy").GetString()}"));
    }

    [Fact]
    public async Task The_pairs_it_would_have_served_are_written_for_a_person_to_read()
    {
        string served = Path.Combine(_folder, "served.tsv");
        await RunAsync(Write(Log), "any", served: served);
        string[] lines = await File.ReadAllLinesAsync(served);
        Assert.Equal(2, lines.Length);
        Assert.Contains("normalized", lines[1]);
        Assert.EndsWith("\t5\t1\tA red car on a bridge!\ta red car on a bridge", lines[1]);
    }

    [Fact]
    public async Task A_list_of_urls_is_read_by_its_dialect()
    {
        string urls = "https://image.example/prompt/a%20cat?seed=1\nhttps://image.example/prompt/a%20cat?seed=1\n"
            + "https://image.example/prompt/a%20cat?seed=-1\nhttps://image.example/about\n";
        JsonElement report = (await ReportsAsync(urls, "strict"))[0];
        Assert.Equal((1, 1, 2), (Requests(report, "exact"), Requests(report, "miss"), Requests(report, "bypass")));
    }

    [Fact]
    public async Task A_gzipped_log_is_unpacked_and_a_limit_is_kept()
    {
        string path = Path.Combine(_folder, "log.tsv.gz");
        await using (var stream = new GZipStream(File.Create(path), CompressionMode.Compress))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(Log));
        }

        (int code, string output, _) = await RunAsync(path, "any", limit: 2);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("2 requests", output);
        Assert.Contains("50.00%", output);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a\tb\n1\t2\n", "column 'prompt'")]
    [InlineData("seq\tprompt\n1\n", "line 2: 1 columns")]
    [InlineData("seed\tprompt\nx\ta cat\n", "seed 'x'")]
    public async Task A_bad_log_fails_and_the_message_says_where(string content, string message)
    {
        (int code, _, string error) = await RunAsync(Write(content), "any");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains(message, error);
    }

    [Theory]
    [InlineData("sometimes", "matcher", null)]
    [InlineData("", "matcher", null)]
    [InlineData("any", "coin", null)]
    [InlineData("any", "matcher", 0L)]
    public async Task Wrong_options_are_wrong_usage(string seeds, string policy, long? limit) =>
        Assert.Equal(ExitCode.WrongUsage, (await RunAsync(Write(Log), seeds, policy, limit: limit)).Code);

    private static int Requests(JsonElement report, string name) => report.GetProperty(name).GetProperty("requests").GetInt32();

    private async Task<JsonElement[]> ReportsAsync(string log, string seeds, string policy = "matcher")
    {
        (int code, string output, string error) = await RunAsync(Write(log), seeds, policy, json: true);
        Assert.True(code == ExitCode.Done, error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    private string Write(string content)
    {
        string path = Path.Combine(_folder, "log.tsv");
        File.WriteAllText(path, content);
        return path;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(
        string trace, string seeds, string policy = "matcher", bool json = false, string? served = null, long? limit = null)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await ReplayCommand.RunAsync(new ReplayOptions(trace, seeds, policy, 0.01, 0.5, limit, served, json), output, error, default);
        return (code, output.ToString(), error.ToString());
    }
}
