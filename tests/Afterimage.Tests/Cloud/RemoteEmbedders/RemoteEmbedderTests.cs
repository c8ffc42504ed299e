using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Afterimage.Cloud.HuggingFace;
using Afterimage.Cloud.RemoteEmbedders;
using Afterimage.Configuration;
using Afterimage.Tests.Text.Bert;
using Afterimage.Text;
using Afterimage.Text.Bert;
using Microsoft.Extensions.AI;
using Xunit;

namespace Afterimage.Tests.Cloud.RemoteEmbedders;

public sealed class RemoteEmbedderTests
{
    private static readonly RemoteLimits Quick = new() { Pause = TimeSpan.FromMilliseconds(1), Timeout = TimeSpan.FromSeconds(30), AttemptTimeout = TimeSpan.FromSeconds(20) };

    private static readonly HubSettings Hub = new() { HubCache = "/nowhere", Models = "/nowhere" };

    [Fact]
    public async Task Workers_ai_is_asked_with_its_pooling_and_the_answer_is_normalised()
    {
        var server = new Server("""{"result":{"shape":[2,2],"data":[[3,4],[0,2]],"pooling":"cls"},"success":true}""");
        using RemoteEmbedder embedder = WorkersAi(server);
        float[] vectors = await EmbedAsync(embedder, "a cat", "a dog");
        Assert.Equal([0.6f, 0.8f, 0, 1], vectors);
        Assert.Equal("Bearer token", server.Requests[0].Authorization);
        Assert.EndsWith("/accounts/acc/ai/run/@cf/baai/bge-base-en-v1.5", server.Requests[0].Address, StringComparison.Ordinal);
        Assert.Equal("""{"text":["a cat","a dog"],"pooling":"cls"}""", server.Requests[0].Body);
    }

    [Fact]
    public async Task Open_ai_vectors_are_taken_by_index_whatever_their_order_and_form()
    {
        string base64 = Convert.ToBase64String([.. BitConverter.GetBytes(0f), .. BitConverter.GetBytes(5f)]);
        var server = new Server($$"""{"data":[{"index":1,"embedding":"{{base64}}"},{"index":0,"embedding":[2,0]}]}""");
        using RemoteEmbedder embedder = OpenAi(server);
        float[] vectors = await EmbedAsync(embedder, "a", "b");
        Assert.Equal([1, 0, 0, 1f], vectors);
        Assert.EndsWith("/v1/embeddings", server.Requests[0].Address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_go_in_batches_and_texts_without_words_do_not_go_at_all()
    {
        var server = new Server { Answer = body => Vectors(JsonDocument.Parse(body).RootElement.GetProperty("input").GetArrayLength()) };
        using RemoteEmbedder embedder = OpenAi(server, textsPerCall: 2);
        float[] vectors = await EmbedAsync(embedder, "a", "  ", "b", "!!!", "c");
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal([1, 0, 0, 0, 1, 0, 0, 0, 1, 0], vectors);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_passing_error_is_tried_again(int status)
    {
        var server = new Server("""{"data":[{"index":0,"embedding":[1,0]}]}""") { Statuses = new([status, status, 200]) };
        using RemoteEmbedder embedder = OpenAi(server);
        float[] vectors = await EmbedAsync(embedder, "a");
        Assert.Equal([1f, 0], vectors);
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData(400, "{}")]
    [InlineData(401, "{}")]
    [InlineData(429, """{"error":{"code":"insufficient_quota"}}""")]
    public async Task A_lasting_error_is_not(int status, string body)
    {
        var server = new Server(body) { Statuses = new([status]) };
        using RemoteEmbedder embedder = OpenAi(server);
        Assert.Equal(EmbedOutcome.Unavailable, await embedder.EmbedAsync(["a"], new float[2], default));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task The_daily_limit_of_workers_ai_is_lasting()
    {
        var server = new Server("""{"success":false,"errors":[{"code":3036,"message":"neurons"}]}""") { Statuses = new([429]) };
        using RemoteEmbedder embedder = WorkersAi(server);
        Assert.Equal(EmbedOutcome.Unavailable, await embedder.EmbedAsync(["a"], new float[2], default));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("""{"data":[{"index":0,"embedding":[1,0,0]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[0,0]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1,"x"]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1e39,0]}]}""")]
    [InlineData("""{"data":[]}""")]
    [InlineData("""{"data":[{"index":5,"embedding":[1,0]}]}""")]
    [InlineData("""[1]""")]
    [InlineData("""not json""")]
    public async Task An_answer_that_holds_no_vector_of_the_space_is_invalid(string answer)
    {
        using RemoteEmbedder embedder = OpenAi(new Server(answer));
        Assert.Equal(EmbedOutcome.Invalid, await embedder.EmbedAsync(["a"], new float[2], default));
    }

    [Fact]
    public async Task An_embedder_that_asks_for_a_longer_pause_than_a_request_has_is_not_waited_for()
    {
        var server = new Server("{}") { Statuses = new([429, 200]), RetryAfter = TimeSpan.FromHours(1) };
        using RemoteEmbedder embedder = OpenAi(server);
        Assert.Equal(EmbedOutcome.Unavailable, await embedder.EmbedAsync(["a"], new float[2], default));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("text-embedding-3-small", true)]
    [InlineData("my-own-model", false)]
    public async Task Dimensions_are_asked_only_of_models_that_know_the_word(string model, bool asked)
    {
        var server = new Server("""{"data":[{"index":0,"embedding":[1,0]}]}""");
        using var embedder = new RemoteEmbedder(
            new OpenAiEndpoint(new Uri("http://server/v1"), model, "", 2, handler: server), new EmbeddingSpace("t", 2), Quick, TimeProvider.System, Ignore);
        await EmbedAsync(embedder, "a");
        Assert.Equal(asked, server.Requests[0].Body.Contains("dimensions", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_embedder_that_does_not_answer_is_timed_out()
    {
        var server = new Server("{}") { Hangs = true };
        var endpoint = new OpenAiEndpoint(new Uri("http://server/v1"), "m", "", handler: server);
        using var embedder = new RemoteEmbedder(endpoint, new EmbeddingSpace("t", 2), Quick with { Timeout = TimeSpan.FromMilliseconds(50) }, TimeProvider.System, Ignore);
        Assert.Equal(EmbedOutcome.TimedOut, await embedder.EmbedAsync(["a"], new float[2], default));
    }

    [Fact]
    public async Task An_embedder_that_keeps_failing_is_left_alone_for_a_while()
    {
        var server = new Server("{}") { Statuses = new(Enumerable.Repeat(500, 1000)) };
        var endpoint = new OpenAiEndpoint(new Uri("http://server/v1"), "m", "", handler: server);
        using var embedder = new RemoteEmbedder(endpoint, new EmbeddingSpace("t", 2), Quick with { Retries = 0, BreakerCallsMin = 5 }, TimeProvider.System, Ignore);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(EmbedOutcome.Unavailable, await embedder.EmbedAsync(["a"], new float[2], default));
        }

        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task Our_own_limit_of_calls_holds()
    {
        var server = new Server { Answer = _ => Vectors(1) };
        var endpoint = new OpenAiEndpoint(new Uri("http://server/v1"), "m", "", handler: server);
        using var embedder = new RemoteEmbedder(
            endpoint, new EmbeddingSpace("t", 2), Quick with { CallsPerSecond = 0.2, Timeout = TimeSpan.FromMilliseconds(200) }, TimeProvider.System, Ignore);
        Assert.Equal(EmbedOutcome.Embedded, await embedder.EmbedAsync(["a"], new float[2], default));
        Assert.NotEqual(EmbedOutcome.Embedded, await embedder.EmbedAsync(["b"], new float[2], default));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(400, """{"error":"no such model"}""", "no vectors from openai/server/m/2/text-1: server answered 400 {\"error\":\"no such model\"}")]
    [InlineData(200, """{"data":[{"embedding":[1,2,3]}]}""", "no vectors from openai/server/m/2/text-1: 3 dimensions instead of 2")]
    [InlineData(200, "nonsense", "no vectors from openai/server/m/2/text-1: server answered something that is not JSON")]
    public async Task The_operator_is_told_why_there_are_no_vectors(int status, string body, string expected)
    {
        var said = new List<string>();
        ITextEmbedder embedder = EmbedderFactory.Create(
            new EmbeddingOptions { Provider = EmbeddingProvider.OpenAi, Url = "http://server/v1", Model = "m", Dimensions = 2 },
            Hub, TimeProvider.System, said.Add, new Server(body) { Statuses = new([status]) });
        Assert.NotEqual(EmbedOutcome.Embedded, await embedder.EmbedAsync(["a"], new float[2], default));
        Assert.Equal([expected], said);
    }

    [Fact]
    public async Task Cancelling_is_the_callers_and_is_thrown()
    {
        using RemoteEmbedder embedder = OpenAi(new Server("{}") { Hangs = true });
        using var gone = new CancellationTokenSource(20);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await embedder.EmbedAsync(["a"], new float[2], gone.Token));
    }

    [Fact]
    public async Task Any_generator_of_microsoft_extensions_ai_can_be_used_and_ours_is_one()
    {
        using BertEmbedder ours = BertEmbedder.Load(GoldenEmbeddings.FixtureFolder, "fixture");
        using var generator = new EmbedderGenerator(ours);
        Assert.Equal(32, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
        using var embedder = new RemoteEmbedder(new GeneratorEndpoint(generator), new EmbeddingSpace("t", 32), Quick, TimeProvider.System, Ignore);
        float[] direct = new float[32], through = new float[32];
        await ours.EmbedAsync(["a tiny orange cat"], direct, default);
        Assert.Equal(EmbedOutcome.Embedded, await embedder.EmbedAsync(["a tiny orange cat"], through, default));
        Assert.All(direct.Zip(through), p => Assert.Equal(p.First, p.Second, 1e-6f));
    }

    [Fact]
    public void Every_mistake_of_the_section_is_named()
    {
        var mistakes = new List<string>();
        EmbedderFactory.Check(new EmbeddingOptions { Provider = EmbeddingProvider.OpenAi, Url = "nonsense" }, Hub, mistakes);
        EmbedderFactory.Check(new EmbeddingOptions { Provider = EmbeddingProvider.WorkersAi }, Hub, mistakes);
        EmbedderFactory.Check(new EmbeddingOptions { Provider = EmbeddingProvider.Bert, Model = "own/absent" }, Hub, mistakes);
        EmbedderFactory.Check(new EmbeddingOptions { Provider = EmbeddingProvider.OpenAi, Url = "http://x/v1", Model = "unheard-of" }, Hub, mistakes);
        Assert.Equal(["Embedding:Url", "Embedding:Account", "Embedding:Model", "Embedding:Dimensions"], mistakes.Select(m => m.Split(": ")[0].Split(',')[0]));
    }

    [Fact]
    public void The_factory_makes_what_the_section_says()
    {
        Assert.IsType<BuiltInEmbedder>(Create(new EmbeddingOptions()));
        Assert.Equal("workers-ai/@cf/baai/bge-base-en-v1.5/cls/768/text-1",
            Create(new EmbeddingOptions { Provider = EmbeddingProvider.WorkersAi, Account = "a", Token = "t" }).Space.Id);
        Assert.Equal("openai/localhost/all-minilm+latest/384/text-1",
            Create(new EmbeddingOptions { Provider = EmbeddingProvider.OpenAi, Url = "http://localhost:11434/v1", Model = "all-minilm:latest" }).Space.Id);
        ITextEmbedder bert = Create(new EmbeddingOptions { Provider = EmbeddingProvider.Bert, Model = GoldenEmbeddings.FixtureFolder, Pooling = PoolingChoice.Mean });
        Assert.Matches("^bert/encoder@[0-9a-f]{8}/mean/fp32-1/wordpiece-1$", bert.Space.Id);
    }

    private static void Ignore(string message)
    {
    }

    private static ITextEmbedder Create(EmbeddingOptions options) => EmbedderFactory.Create(options, Hub, TimeProvider.System, Ignore);

    private static RemoteEmbedder OpenAi(Server server, int textsPerCall = 32) =>
        new(new OpenAiEndpoint(new Uri("http://server/v1"), "m", "", 0, textsPerCall, server), new EmbeddingSpace("test/2", 2), Quick, TimeProvider.System, Ignore);

    private static RemoteEmbedder WorkersAi(Server server) =>
        new(new WorkersAiEndpoint("acc", "@cf/baai/bge-base-en-v1.5", "cls", "token", handler: server), new EmbeddingSpace("test/2", 2), Quick, TimeProvider.System, Ignore);

    private static async Task<float[]> EmbedAsync(ITextEmbedder embedder, params string[] texts)
    {
        float[] vectors = new float[texts.Length * 2];
        Assert.Equal(EmbedOutcome.Embedded, await embedder.EmbedAsync(texts, vectors, CancellationToken.None));
        return vectors;
    }

    private static string Vectors(int count) =>
        JsonSerializer.Serialize(new { data = Enumerable.Range(0, count).Select(i => new { index = i, embedding = new[] { 1, 0 } }) });

    private sealed class Server(string answer = "") : HttpMessageHandler
    {
        public Func<string, string> Answer { get; init; } = _ => answer;

        public Queue<int> Statuses { get; init; } = new();

        public bool Hangs { get; init; }

        public TimeSpan? RetryAfter { get; init; }

        public List<(string Address, string? Authorization, string Body)> Requests { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string body = await request.Content!.ReadAsStringAsync(cancellationToken);
            Requests.Add((request.RequestUri!.OriginalString, request.Headers.Authorization?.ToString(), body));
            if (Hangs)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            var response = new HttpResponseMessage((HttpStatusCode)(Statuses.TryDequeue(out int status) ? status : 200))
            {
                Content = new StringContent(Answer(body), Encoding.UTF8, "application/json"),
            };
            response.Headers.RetryAfter = RetryAfter is { } pause ? new RetryConditionHeaderValue(pause) : null;
            return response;
        }
    }
}
