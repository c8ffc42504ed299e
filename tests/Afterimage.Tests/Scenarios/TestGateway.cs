using Afterimage.Configuration;
using Afterimage.Gateway;

namespace Afterimage.Tests.Scenarios;

/// <summary>A real gateway on a loopback port before a <see cref="TestOrigin"/>, with a data folder of its own.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly bool _keepData;

    private TestGateway(GatewayHost host, TestOrigin origin, string data, bool keepData)
    {
        (Host, Origin, Data, _keepData) = (host, origin, data, keepData);
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, MaxConnectionsPerServer = 200 }) { BaseAddress = new Uri(host.Addresses[0]), Timeout = ProgramProcess.Hang };
    }

    public GatewayHost Host { get; private set; }

    public TestOrigin Origin { get; }

    public string Data { get; }

    public HttpClient Client { get; private set; }

    /// <param name="settings">Pairs of key and value, as on the command line.</param>
    public static async Task<TestGateway> StartAsync(params (string Key, string Value)[] settings)
    {
        string data = Directory.CreateTempSubdirectory("afterimage-test-").FullName;
        return await StartAsync(await TestOrigin.StartAsync(), data, keepData: false, settings);
    }

    /// <summary>A gateway that lives by the test's clock.</summary>
    public static async Task<TestGateway> StartAsync(TimeProvider time, params (string Key, string Value)[] settings) =>
        await StartAsync(await TestOrigin.StartAsync(), Directory.CreateTempSubdirectory("afterimage-test-").FullName, keepData: false, time, settings);

    public static Task<TestGateway> StartAsync(TestOrigin origin, string data, bool keepData, params (string Key, string Value)[] settings) =>
        StartAsync(origin, data, keepData, TimeProvider.System, settings);

    public static async Task<TestGateway> StartAsync(TestOrigin origin, string data, bool keepData, TimeProvider time, params (string Key, string Value)[] settings)
    {
        var mistakes = new List<string>();
        GatewayOptions options = ConfigurationLoader.Load(
            null,
            [
                new("Origin:Url", settings.Any(s => s.Key.StartsWith("Origin:Servers")) ? "" : origin.Address.ToString()), new("Listen", "http://127.0.0.1:0"), new("Data", data), new("Log:Requests", "off"), new("Store:Flush", "false"),
                new("Store:FreeDiskBytesMin", "0"), .. settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)),
            ],
            mistakes) ?? throw new InvalidOperationException(string.Join('\n', mistakes));
        GatewayHost host = await GatewayHost.StartAsync(options, origin.Address, Stream.Null, time, CancellationToken.None);
        return new TestGateway(host, origin, data, keepData);
    }

    /// <summary>Asks and reads the whole answer.</summary>
    public async Task<Answer> GetAsync(string target, params (string Name, string Value)[] headers) => await SendAsync(HttpMethod.Get, target, headers);

    public async Task<Answer> SendAsync(HttpMethod method, string target, params (string Name, string Value)[] headers)
    {
        var uri = new Uri(Client.BaseAddress!.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(method, uri);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await Client.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    /// <summary>Returns once what was stored before is in the index too.</summary>
    public Task SettleAsync() => Host.SettleAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        if (!_keepData)
        {
            await Origin.DisposeAsync();
            Directory.Delete(Data, recursive: true);
        }
    }
}
