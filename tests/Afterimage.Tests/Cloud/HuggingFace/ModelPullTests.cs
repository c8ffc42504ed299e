using Afterimage.Cloud.HuggingFace;
using Afterimage.Commands;
using Afterimage.Commands.Models;
using Afterimage.Tests.Text.Bert;
using Afterimage.Text.Bert;
using Xunit;

namespace Afterimage.Tests.Cloud.HuggingFace;

public sealed class ModelPullTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-pull-").FullName;
    private FakeHub _hub = null!;

    private HubSettings Settings => new()
    {
        Endpoint = _hub.Endpoint,
        Token = "secret",
        HubCache = Path.Combine(_folder, "hub"),
        Models = Path.Combine(_folder, "models"),
    };

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync(GoldenEmbeddings.FixtureFolder);

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_pulled_model_is_found_by_name_and_verifies()
    {
        string folder = await PullAsync();
        Assert.Equal(folder, new ModelStore(Settings).Find("own/model"));
        Assert.EndsWith(FakeHub.Commit, folder, StringComparison.Ordinal);
        Assert.Equal(Pooling.Mean, BertModelFolder.Open(folder).Pooling);
        Assert.Equal(ExitCode.Done, await ModelVerifyCommand.RunAsync(Settings, "own/model", TextWriter.Null, TextWriter.Null, default));
        var listed = new StringWriter();
        ModelListCommand.Run(Settings, json: true, listed);
        Assert.Contains("\"name\":\"own/model\"", listed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_not_to_the_content_network()
    {
        await PullAsync();
        Assert.All(_hub.Log.Where(l => l.StartsWith("network", StringComparison.Ordinal)), l => Assert.DoesNotContain("secret", l, StringComparison.Ordinal));
        Assert.All(_hub.Log.Where(l => l.StartsWith("HEAD", StringComparison.Ordinal)), l => Assert.Contains("secret", l, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_that_is_cut_again_and_again_is_resumed_where_it_was_cut()
    {
        _hub.CutAfter = 30_000;
        await PullAsync();
        string[] starts = [.. _hub.Log.Where(l => l.StartsWith("network", StringComparison.Ordinal)).Select(l => l.Split(' ')[1])];
        Assert.True(starts.Length >= 5);
        Assert.Equal(starts.Length, starts.Distinct().Count());
    }

    [Fact]
    public async Task A_pull_that_was_given_up_goes_on_later()
    {
        _hub.CutAfter = 50_000;
        using var stop = new CancellationTokenSource();
        var pull = new ModelPull(Settings, new ModelStore(Settings), TimeProvider.System)
        {
            Progress = (path, done, _) =>
            {
                if (path == "model.safetensors" && done >= 50_000)
                {
                    stop.Cancel();
                }
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull.RunAsync("own/model", "main", stop.Token));
        Assert.Null(new ModelStore(Settings).Find("own/model"));
        _hub.CutAfter = 0;
        _hub.Log.Clear();
        await PullAsync();
        Assert.DoesNotContain("network 0", _hub.Log);
    }

    [Fact]
    public async Task A_server_without_ranges_is_read_from_the_start_again()
    {
        _hub.CutAfter = 50_000;
        _hub.IgnoresRanges = true;
        HubException refusal = await Assert.ThrowsAsync<HubException>(PullAsync);
        Assert.Contains("incomplete", refusal.Message, StringComparison.Ordinal);
        _hub.CutAfter = 0;
        await PullAsync();
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("vocab.txt")]
    public async Task A_file_that_is_not_what_its_hash_says_is_refused_and_not_kept(string path)
    {
        _hub.Lies.Add(path);
        HubException refusal = await Assert.ThrowsAsync<HubException>(PullAsync);
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
        Assert.Null(new ModelStore(Settings).Find("own/model"));
        Assert.Empty(Directory.GetFiles(Settings.Models, $"{path}*", SearchOption.AllDirectories));
        _hub.Lies.Clear();
        await PullAsync();
    }

    [Fact]
    public async Task A_renamed_repository_is_followed()
    {
        _hub.OldOwner = "former";
        string folder = await Pull().RunAsync("former/model", "main", default);
        Assert.Equal(folder, new ModelStore(Settings).Find("former/model"));
    }

    [Theory]
    [InlineData("own/nothing", "main", "own/nothing")]
    [InlineData("own/model", "v9", "v9")]
    public async Task What_the_hub_does_not_have_is_said(string repository, string revision, string said)
    {
        HubException refusal = await Assert.ThrowsAsync<HubException>(() => Pull().RunAsync(repository, revision, default));
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offline_nothing_is_asked_but_what_is_here_is_used()
    {
        await PullAsync();
        _hub.Log.Clear();
        HubSettings offline = Settings with { Offline = true };
        Assert.Equal(ExitCode.Done, await ModelPullCommand.RunAsync(offline, "own/model", null, TextWriter.Null, TextWriter.Null, false, default));
        Assert.Equal(ExitCode.Failed, await ModelPullCommand.RunAsync(offline, "own/other", null, TextWriter.Null, TextWriter.Null, false, default));
        Assert.Empty(_hub.Log);
    }

    [Fact]
    public async Task A_damaged_file_is_named()
    {
        string folder = await PullAsync();
        File.AppendAllText(Path.Combine(folder, "vocab.txt"), "x");
        var output = new StringWriter();
        Assert.Equal(ExitCode.Failed, await ModelVerifyCommand.RunAsync(Settings, "own/model", output, TextWriter.Null, default));
        Assert.Contains("DAMAGED vocab.txt", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_cache_of_hugging_face_is_used_as_it_stands()
    {
        string snapshot = Path.Combine(Settings.HubCache, "models--own--cached", "snapshots", FakeHub.Commit);
        Directory.CreateDirectory(snapshot);
        foreach (string name in (string[])["config.json", "model.safetensors", "vocab.txt"])
        {
            File.Copy(Path.Combine(GoldenEmbeddings.FixtureFolder, name), Path.Combine(snapshot, name));
        }

        var store = new ModelStore(Settings);
        Assert.Equal(snapshot, store.Find("own/cached"));
        Assert.StartsWith(Settings.Models, store.PackedFolderOf(snapshot), StringComparison.Ordinal);
        string own = Path.Combine(Settings.Models, "own--model", FakeHub.Commit);
        Assert.Equal(own, store.PackedFolderOf(own));
    }

    [Fact]
    public void The_environment_names_places_and_token_as_hugging_face_does()
    {
        var variables = new Dictionary<string, string> { ["HF_ENDPOINT"] = "http://mirror/", ["HF_HOME"] = _folder, ["HF_TOKEN"] = " t ", ["HF_HUB_OFFLINE"] = "yes" };
        HubSettings settings = HubSettings.From(variables.GetValueOrDefault);
        Assert.Equal(("http://mirror", "t", Path.Combine(_folder, "hub"), true), (settings.Endpoint, settings.Token, settings.HubCache, settings.Offline));
        variables.Remove("HF_TOKEN");
        File.WriteAllText(Path.Combine(_folder, "token"), "from file\n");
        Assert.Equal("from file", HubSettings.From(variables.GetValueOrDefault).Token);
    }

    [Theory]
    [InlineData("../etc")]
    [InlineData("a/..")]
    [InlineData("a/b/c")]
    [InlineData("/a")]
    [InlineData("a b/c")]
    [InlineData("a--b/c")]
    public void Names_that_are_no_repository_reach_no_file(string name) => Assert.False(ModelStore.IsRepository(name));

    [Fact]
    public void A_line_of_json_is_printed_for_every_text()
    {
        string lines = Path.Combine(_folder, "texts.jsonl");
        File.WriteAllText(lines, "{\"text\":\"a tiny orange cat\"}\n\"\\ud800 cat\"\n");
        var output = new StringWriter();
        int exit = ModelEmbedCommand.Run(GoldenEmbeddings.FixtureFolder, null, Precision.Fp32, null, lines, output, TextWriter.Null, default);
        Assert.Equal(ExitCode.Done, exit);
        string[] printed = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, printed.Length);
        Assert.StartsWith("{\"text\":\"a tiny orange cat\",\"ids\":[2,72,84,83,81,3],\"embedding\":[0.033", printed[0], StringComparison.Ordinal);
    }

    private ModelPull Pull() => new(Settings, new ModelStore(Settings), TimeProvider.System) { PauseAfterCut = TimeSpan.Zero };

    private Task<string> PullAsync() => Pull().RunAsync("own/model", "main", CancellationToken.None);
}
