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
/// beside the same gateway without it. Pairs that mean the same should share one; pairs that do not should get two. Pairs come from the file named (columns label, a
/// and b; label 1 for one meaning), else from the tests' own.
/// </summary>
internal static class CoalescingMeasure
{
    private const int Wave = 100;
    private static readonly TimeSpan Drawing = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(string[] args)
    {
        bool json = args.Contains("--json");
        string path = args.FirstOrDefault(a => a != "--json") ?? Path.Combine(BenchPaths.Root, "tests", "Afterimage.Tests", "Matching", "Pairs", "own-dev3.tsv");
        string[][] lines = [.. File.ReadLines(path).Select(line => line.Split('\t'))];
        int label = Array.IndexOf(lines[0], "label"), a = Array.IndexOf(lines[0], "a"), b = Array.IndexOf(lines[0], "b");
        string[][] rows = [.. lines.Skip(1).Where(r => r.Length == lines[0].Length && r[a].Length + r[b].Length < 1500)];
        foreach ((string value, string name) in new[] { ("1", "of one meaning"), ("0", "of two meanings") })
        {
            (string, string)[] pairs = [.. rows.Where(r => r[label] == value).DistinctBy(r => r[a]).Take(4 * Wave).Select(r => (r[a], r[b]))];
            int with = await CallsAsync(pairs, coalesce: true), without = await CallsAsync(pairs, coalesce: false);
            new Measurement($"pictures made for {pairs.Length} pairs {name}, together", "calls", with, without, value == "1" ? "lower" : "higher", null).Print(json);
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
