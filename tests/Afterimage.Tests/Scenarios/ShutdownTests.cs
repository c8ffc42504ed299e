using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Afterimage.Tests.Images;
using Xunit;

namespace Afterimage.Tests.Scenarios;

/// <summary>SIGTERM to the real program: whoever was let in is answered.</summary>
public sealed class ShutdownTests
{
    private const string Fox = "/prompt/a%20red%20fox?width=64&height=64";
    private const string SameFox = "/prompt/A%20red%20fox.?width=64&height=64";
    private const int Joiners = 20;

    // Longer than the two seconds after which the command line's library would end the process.
    private static readonly TimeSpan SlowPicture = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Everyone_who_waits_for_a_slow_picture_gets_it_whole(bool begun)
    {
        await using Served served = await Served.StartAsync();
        var gate = new TaskCompletionSource();
        byte[] picture = ImageFixtures.SmallPng(64, 64);
        served.Origin.Answer = async context =>
        {
            context.Response.ContentType = "image/png";
            context.Response.ContentLength = picture.Length;
            if (begun)
            {
                await context.Response.Body.WriteAsync(picture.AsMemory(0, 10));
                await context.Response.Body.FlushAsync();
            }

            await gate.Task;
            await context.Response.Body.WriteAsync(picture.AsMemory(begun ? 10 : 0));
        };

        // The leader is answered as the bytes come, its header section before the end is ordered; the others after it.
        Task<HttpResponseMessage> leader = served.Client.GetAsync(Fox, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await CoalescingTests.UntilAsync(() => served.Origin.Calls == 1);
        using HttpResponseMessage? head = begun ? await leader : null;
        Task<Answer>[] joiners = [.. Enumerable.Range(0, Joiners).Select(_ => served.GetAsync(Fox))];
        Task<Answer> paraphrase = served.GetAsync(SameFox);
        await served.UntilAsync(stats => stats.GetProperty("joined").GetInt32() == Joiners && stats.GetProperty("running").GetInt32() == 2);

        served.Program.Terminate();
        await Task.Delay(SlowPicture, TestContext.Current.CancellationToken);
        gate.SetResult();
        Assert.Equal(picture, await (head ?? await leader).Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        foreach (Answer answer in await Task.WhenAll(joiners))
        {
            Assert.Equal((HttpStatusCode.OK, "close"), (answer.Status, answer["Connection"]));
            Assert.Equal(picture, answer.Body);
        }

        Assert.Equal("HIT semantic", (await paraphrase).Cache);
        Assert.Equal(0, await served.Program.ExitAsync());
        Assert.Equal(1, served.Origin.Calls);
    }

    [Fact]
    public async Task Whoever_got_a_connection_is_answered_however_the_end_falls()
    {
        await using Served served = await Served.StartAsync();
        Uri address = await served.Program.Address;
        await served.GetAsync(Fox);
        int answered = 0;
        async Task AskAsync()
        {
            while (true)
            {
                try
                {
                    using RawClient client = await RawClient.ConnectAsync(address);
                    await client.SendAsync($"GET {Fox} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                    Assert.StartsWith("HTTP/1.1 200 OK", await client.ReadToEndAsync());
                    Interlocked.Increment(ref answered);
                }
                catch (SocketException)
                {
                    // Nobody listens any more.
                    return;
                }
            }
        }

        Task[] clients = [.. Enumerable.Range(0, 16).Select(_ => Task.Run(AskAsync, TestContext.Current.CancellationToken))];
        await CoalescingTests.UntilAsync(() => Volatile.Read(ref answered) > 200);
        served.Program.Terminate();
        await Task.WhenAll(clients);
        Assert.Equal(0, await served.Program.ExitAsync());
    }

    [Fact]
    public async Task A_connection_in_use_is_told_that_it_got_its_last_answer()
    {
        await using Served served = await Served.StartAsync();
        using RawClient used = await RawClient.ConnectAsync(await served.Program.Address);
        await used.SendAsync("GET /_afterimage/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        string first = await used.ReadSomeAsync();
        while (!first.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal))
        {
            first += await used.ReadSomeAsync();
        }

        Assert.DoesNotContain("Connection: close", first);

        // A client that came in and said nothing yet keeps the gateway for a moment; who asks meanwhile hears of the end.
        using RawClient silent = await RawClient.ConnectAsync(await served.Program.Address);
        served.Program.Terminate();
        await CoalescingTests.UntilAsync(() => served.Program.Lines.Any(line => line.Contains("stopping", StringComparison.Ordinal)));
        await used.SendAsync("GET /_afterimage/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        string last = await used.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 200 OK", last);
        Assert.Contains("Connection: close", last);
        await silent.SendAsync("GET /_afterimage/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK", await silent.ReadToEndAsync());
        Assert.Equal(0, await served.Program.ExitAsync());
    }

    /// <summary>A program before an origin, with a folder of its own.</summary>
    [Fact]
    public async Task A_log_that_nobody_reads_keeps_it_neither_from_answering_nor_from_stopping()
    {
        await using Served served = await Served.StartAsync(logs: true);

        // More lines than a pipe takes, over a few of the log's intervals.
        for (int i = 0; i < 1_500; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await served.GetAsync(Fox)).Status);
        }

        // A connection of its own has to be accepted by the pool.
        using var another = new HttpClient { BaseAddress = await served.Program.Address, Timeout = ProgramProcess.Hang };
        Assert.Equal(HttpStatusCode.OK, (await another.GetAsync(Fox, TestContext.Current.CancellationToken)).StatusCode);
        served.Program.Terminate();
        Assert.Equal(0, await served.Program.ExitAsync());
    }

    private sealed class Served : IAsyncDisposable
    {
        private readonly string _data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;

        private Served(TestOrigin origin, bool logs)
        {
            Origin = origin;
            string[] arguments =
                ["serve", "--origin", origin.Address.ToString(), "--listen", "http://127.0.0.1:0", "--data", _data, "--Store:FreeDiskBytesMin", "0", "--Log:Requests", logs ? "all" : "off"];
            Program = logs ? ProgramProcess.StartUnread(arguments) : ProgramProcess.Start(arguments);
        }

        public TestOrigin Origin { get; }

        public ProgramProcess Program { get; }

        public HttpClient Client { get; } = new(new SocketsHttpHandler { UseCookies = false });

        /// <param name="logs">Whether it writes a log that nobody reads.</param>
        public static async Task<Served> StartAsync(bool logs = false)
        {
            var served = new Served(await TestOrigin.StartAsync(), logs);
            served.Client.BaseAddress = await served.Program.Address;
            return served;
        }

        public async Task<Answer> GetAsync(string target)
        {
            using HttpResponseMessage response = await Client.GetAsync(target);
            return await Answer.OfAsync(response);
        }

        public async Task UntilAsync(Func<JsonElement, bool> condition)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!condition((await GetAsync("/_afterimage/stats")).Json))
            {
                await Task.Delay(5, limit.Token);
            }
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Program.DisposeAsync();
            await Origin.DisposeAsync();
            Directory.Delete(_data, recursive: true);
        }
    }
}
