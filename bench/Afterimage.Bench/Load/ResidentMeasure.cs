using System.Diagnostics;
using System.Globalization;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Entries;
using Afterimage.Requests;

namespace Afterimage.Bench.Load;

/// <summary>
/// <c>resident</c>: a gateway before 100,000 entries of 60 KB on disk (6 GB in the temporary folder), without the memory tier: how soon after its start it serves a
/// hit, how soon entries and index are read, and the memory it holds then and after hits all over the store. No peer: nginx keeps no index of meanings.
/// <c>AFTERIMAGE_BENCH_FOLDER</c> names a folder that is filled once and kept.
/// </summary>
internal static class ResidentMeasure
{
    private const int BodyBytes = 60_000;
    private const int Clients = 16;
    private static readonly int Entries = int.Parse(Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_ENTRIES") ?? "100000", CultureInfo.InvariantCulture);
    private static readonly PollinationsDialect Dialect = new(new PollinationsOptions());

    public static async Task<int> RunAsync(bool json)
    {
        string? kept = Environment.GetEnvironmentVariable("AFTERIMAGE_BENCH_FOLDER");
        string folder = kept ?? Directory.CreateTempSubdirectory("afterimage-resident-").FullName;
        try
        {
            await using LoadOrigin origin = await LoadOrigin.StartAsync();
            if (!Directory.Exists(Path.Combine(folder, "index")))
            {
                await FillAsync(Path.Combine(folder, "entries"));
                await using var first = new LoadGateway(folder, origin.Address, storeBytesMax: 0, memoryBytesMax: 0);

                // The first life makes the vectors and their graph; what is measured is a start as operators know it.
                await first.StartAsync();
                await ReadyAsync(first);
                await SettledAsync(first);
                if (await first.RestartAsync() is { } fault)
                {
                    throw new InvalidOperationException(fault);
                }

                await ReadyAsync(first);
            }

            await using var gateway = new LoadGateway(folder, origin.Address, storeBytesMax: 0, memoryBytesMax: 0);
            long start = Stopwatch.GetTimestamp();
            await gateway.StartAsync();
            using var client = new HttpClient { BaseAddress = gateway.Address };
            using HttpResponseMessage hit = await client.GetAsync(Target(Entries / 2));
            double firstHit = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (hit.Headers.GetValues("X-Cache").Single() != "HIT")
            {
                throw new InvalidOperationException("the first request was no hit");
            }

            await ReadyAsync(gateway);
            new Measurement($"start with {Entries} entries, first hit", "s", firstHit, null, "lower", 2).Print(json);
            new Measurement($"start with {Entries} entries, all read", "s", Stopwatch.GetElapsedTime(start).TotalSeconds, null, "lower", null).Print(json);
            new Measurement($"resident memory, {Entries} entries of 60 KB, started", "MB", gateway.Sample().Memory / 1e6, null, "lower", 250).Print(json);
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => HitAsync(gateway.Address, i)));
            new Measurement($"resident memory, {Entries} entries of 60 KB, after hits", "MB", gateway.Sample().Memory / 1e6, null, "lower", 250).Print(json);
            return 0;
        }
        finally
        {
            if (kept is null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static async Task FillAsync(string folder)
    {
        await using FileEntryStore store = FileEntryStore.Open(
            new FileEntryStoreOptions { Folder = folder, BytesMax = 0, FreeDiskBytesMin = 0, Flush = FlushPolicy.Never, OpenFilesMax = 0, Memory = new MemoryTierOptions { BytesMax = 0 } },
            TimeProvider.System);
        byte[] body = new byte[BodyBytes];
        new Random(1).NextBytes(body);
        for (int i = 0; i < Entries; i++)
        {
            BitConverter.TryWriteBytes(body, i);
            ImageRequest request = Dialect.Read(RequestTarget.From(Target(i))!.Value, "").Request!;
            var header = new EntryHeader
            {
                Id = Diagnostics.Ulid.New(DateTimeOffset.UtcNow),
                Request = request,
                Key = request.ExactKey,
                Created = DateTimeOffset.UtcNow,
                ContentType = "image/png",
                ContentHash = Hash256.Of(body),
                Length = body.Length,
                Width = 64,
                Height = 64,
                ResponseHeaders = [],
            };
            PutOutcome outcome = await store.PutAsync(header, body, default);
            if (outcome != PutOutcome.Stored)
            {
                throw new InvalidOperationException($"entry {i}: {outcome}");
            }
        }
    }

    private static async Task ReadyAsync(LoadGateway gateway)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address };
        for (DateTime end = DateTime.UtcNow.AddMinutes(5); DateTime.UtcNow < end; await Task.Delay(100))
        {
            string metrics = await client.GetStringAsync("/_afterimage/stats");
            if (System.Text.Json.JsonDocument.Parse(metrics).RootElement.GetProperty("index").GetProperty("vectors").GetInt64() >= Entries)
            {
                return;
            }
        }

        throw new InvalidOperationException("the index is not complete after five minutes");
    }

    private static async Task SettledAsync(LoadGateway gateway)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address };
        for (DateTime end = DateTime.UtcNow.AddMinutes(5); DateTime.UtcNow < end; await Task.Delay(500))
        {
            string[] metrics = (await client.GetStringAsync("/_afterimage/metrics")).Split('\n');
            if (metrics.Single(line => line.StartsWith("afterimage_index_pending{", StringComparison.Ordinal)).EndsWith(" 0", StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new InvalidOperationException("the index's graphs are not built after five minutes");
    }

    private static async Task HitAsync(Uri address, int seed)
    {
        var random = new Random(seed);
        using var client = new HttpClient { BaseAddress = address };
        for (int i = 0; i < Entries / Clients; i++)
        {
            using HttpResponseMessage response = await client.GetAsync(Target(random.Next(Entries)));
            await response.Content.CopyToAsync(Stream.Null);
        }
    }

    private static string Target(int number) => $"/prompt/a%20picture%20of%20thing%20number%20{number}?width=64&height=64";
}
