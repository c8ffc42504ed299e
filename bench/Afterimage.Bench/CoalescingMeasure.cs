using Afterimage.Configuration;
using Afterimage.Demo;
using Afterimage.Gateway;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Afterimage.Bench;

/// <summary>
/// <c>coalescing</c>: two prompts of a labelled pair arrive together at a slow origin, a hundred pairs at a time. How many pictures are made with semantic coalescing,
/// beside the same gateway without it. Pairs that mean the same should share one; pairs that do not should get two.
/// </summary>
internal static class CoalescingMeasure
{
    private const int Wave = 100;
    private static readonly TimeSpan Drawing = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(bool json)
    {
        string path = Path.Combine(BenchPaths.Root, "..", "shared", "data", "pairs", "generated.tsv");
        if (!File.Exists(path))
        {
            Console.Error.WriteLine("coalescing needs ../shared/data/pairs/generated.tsv");
            return 1;
        }

        string[][] rows = [.. File.ReadLines(path).Skip(1).Select(line => line.Split('\t')).Where(r => r.Length == 4 && r[2].Length + r[3].Length < 1500)];
        foreach ((string label, string name) in new[] { ("1", "of one meaning"), ("0", "of two meanings") })
        {
            (string, string)[] pairs = [.. rows.Where(r => r[0] == label).DistinctBy(r => r[2]).Take(4 * Wave).Select(r => (r[2], r[3]))];
            int with = await CallsAsync(pairs, coalesce: true), without = await CallsAsync(pairs, coalesce: false);
            new Measurement($"pictures made for {pairs.Length} pairs {name}, together", "calls", with, without, label == "1" ? "lower" : "higher", null).Print(json);
        }

        return 0;
    }

    private static async Task<int> CallsAsync((string A, string B)[] pairs, bool coalesce)
    {
        int calls = 0;
        byte[] picture = DemoPainter.Paint("a cat", 1, 64, 64);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestLineSize = 65536);
        await using WebApplication origin = builder.Build();
        origin.Run(async context =>
        {
            Interlocked.Increment(ref calls);
            await Task.Delay(Drawing);
            context.Response.ContentType = "image/png";
            context.Response.ContentLength = picture.Length;
            await context.Response.Body.WriteAsync(picture);
        });
        await origin.StartAsync();
        var address = new Uri(origin.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        string folder = Directory.CreateTempSubdirectory("afterimage-bench-").FullName;
        GatewayOptions options = ConfigurationLoader.Load(
            null,
            [
                new("Origin:Url", address.ToString()), new("Listen", "http://127.0.0.1:0"), new("Data", folder), new("Store:Flush", "false"), new("Store:FreeDiskBytesMin", "0"),
                new("Log:Requests", "off"), new("Semantic:Coalesce", coalesce.ToString()),
            ],
            [])!;
        await using (GatewayHost gateway = await GatewayHost.StartAsync(options, address, Stream.Null, TimeProvider.System, CancellationToken.None))
        {
            using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2 * Wave }) { BaseAddress = new Uri(gateway.Addresses[0]) };
            for (int from = 0; from < pairs.Length; from += Wave)
            {
                // A model for each pair, so that pairs do not meet.
                await Task.WhenAll(pairs.Skip(from).Take(Wave).SelectMany((pair, i) => new[] { AskAsync(client, pair.A, from + i), AskAsync(client, pair.B, from + i) }));
            }
        }

        Directory.Delete(folder, recursive: true);
        return calls;
    }

    private static async Task AskAsync(HttpClient client, string prompt, int pair)
    {
        using HttpResponseMessage response = await client.GetAsync($"/prompt/{Uri.EscapeDataString(prompt)}?width=64&height=64&model=m{pair}");
        response.EnsureSuccessStatusCode();
        await response.Content.ReadAsByteArrayAsync();
    }
}
