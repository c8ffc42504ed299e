using System.Diagnostics;
using System.Security.Cryptography;
using Afterimage.Entries;
using Afterimage.Requests;
using Microsoft.Win32.SafeHandles;

namespace Afterimage.Bench;

/// <summary>
/// <c>store</c>: what the entry store costs by itself. The peer of a disk hit is the least any program can do: <c>pread</c> of the same bytes from a file that is
/// open already. Interleaved, best of several rounds, page cache warm.
/// </summary>
internal static class EntryStoreBench
{
    private const int Rounds = 15;
    private const int CatalogueEntries = 100_000;

    public static async Task<int> RunAsync(bool json)
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-store-bench-").FullName;
        try
        {
            foreach (int kilobytes in (int[])[8, 60, 300])
            {
                await MeasureHitsAsync(Path.Combine(folder, $"hits{kilobytes}"), kilobytes, json);
            }

            await MeasureWritesAsync(Path.Combine(folder, "writes"), FlushPolicy.Never, json);
            await MeasureWritesAsync(Path.Combine(folder, "flushed"), FlushPolicy.BeforePublish, json);
            await MeasureInPlaceAsync(Path.Combine(folder, "packs"), json);
            await MeasureReadBackAsync(Path.Combine(folder, "many"), json);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureHitsAsync(string folder, int kilobytes, bool json)
    {
        const int entries = 200;
        byte[] body = RandomNumberGenerator.GetBytes(kilobytes << 10);
        await using FileEntryStore disk = Open(folder, new MemoryTierOptions { BytesMax = 0 });
        Hash256[] keys = new Hash256[entries];
        for (int i = 0; i < entries; i++)
        {
            EntryHeader header = Header(i, body);
            keys[i] = header.Key;
            await disk.PutAsync(header, body, default);
        }

        string[] paths = Directory.GetFiles(folder, "*.entry", SearchOption.AllDirectories);
        SafeFileHandle[] handles = [.. paths.Select(path => File.OpenHandle(path))];
        byte[] buffer = new byte[64 << 10];
        int operations = Math.Max(2000, 400_000 / kilobytes);
        double ours = double.MaxValue, floor = double.MaxValue;
        long allocated = 0;
        for (int round = 0; round < Rounds; round++)
        {
            floor = Math.Min(floor, MicrosecondsOf(operations, i => ReadBare(handles[i % entries], buffer)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            ours = Math.Min(ours, MicrosecondsOf(operations, i => ReadEntry(disk, keys[i % entries], buffer)));
            allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / operations;
        }

        foreach (SafeFileHandle handle in handles)
        {
            handle.Dispose();
        }

        new Measurement($"store disk hit {kilobytes} KB, open and read", "us", ours, floor, "lower", 1.25).Print(json);
        new Measurement($"store disk hit {kilobytes} KB, allocated", "B", allocated, null, "lower", 100).Print(json);

        await using FileEntryStore memory = Open(folder, new MemoryTierOptions { UsesMin = 1 });
        await memory.Loaded;
        foreach (Hash256 key in keys)
        {
            (await memory.OpenAsync(key, default))?.Dispose();
        }

        double hot = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            hot = Math.Min(hot, MicrosecondsOf(200_000, i => memory.TryGetHot(keys[i % entries], out _)));
        }

        new Measurement($"store memory hit {kilobytes} KB, lookup", "ns", hot * 1000, null, "lower", 200).Print(json);
    }

    private static async Task MeasureWritesAsync(string folder, FlushPolicy flush, bool json)
    {
        const int entries = 400;
        byte[] body = RandomNumberGenerator.GetBytes(60 << 10);
        await using FileEntryStore store = FileEntryStore.Open(
            new FileEntryStoreOptions { Folder = folder, FreeDiskBytesMin = 0, Flush = flush }, TimeProvider.System);
        var watch = Stopwatch.StartNew();
        await Parallel.ForAsync(0, entries, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await store.PutAsync(Header(i, body), body, default));
        new Measurement($"store put 60 KB, flush {flush}", "1/s", entries / watch.Elapsed.TotalSeconds, null, "higher", null).Print(json);
    }

    private static async Task MeasureInPlaceAsync(string folder, bool json)
    {
        NewEntry[] headers = [.. Enumerable.Range(0, 50_000).Select(i => new NewEntry(Header(i, [1]) with { Location = $"s3://bucket/images/{i}.jpg", ContentHash = default }))];
        await using FileEntryStore store = FileEntryStore.Open(new FileEntryStoreOptions { Folder = folder, FreeDiskBytesMin = 0 }, TimeProvider.System);
        var watch = Stopwatch.StartNew();
        foreach (NewEntry[] group in headers.Chunk(500))
        {
            await store.PutManyAsync(group, default);
        }

        new Measurement("store put in place, groups of 500, one flush each", "1/s", headers.Length / watch.Elapsed.TotalSeconds, null, "higher", 5000).Print(json);
    }

    private static async Task MeasureReadBackAsync(string folder, bool json)
    {
        byte[] body = RandomNumberGenerator.GetBytes(1000);
        await using (FileEntryStore store = FileEntryStore.Open(
            new FileEntryStoreOptions { Folder = folder, FreeDiskBytesMin = 0, Flush = FlushPolicy.Never }, TimeProvider.System))
        {
            await Parallel.ForAsync(0, CatalogueEntries, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await store.PutAsync(Header(i, body), body, default));
        }

        long before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        await using FileEntryStore again = Open(folder, new MemoryTierOptions());
        await again.Loaded;
        double seconds = watch.Elapsed.TotalSeconds;
        long after = GC.GetTotalMemory(forceFullCollection: true);
        new Measurement("store read-back, page cache warm", "1/s", again.Status.Entries / seconds, null, "higher", 20_000).Print(json);
        new Measurement("store catalogue, per entry of 100000", "B", (double)(after - before) / CatalogueEntries, null, "lower", 300).Print(json);
    }

    private static FileEntryStore Open(string folder, MemoryTierOptions memory) => FileEntryStore.Open(
        new FileEntryStoreOptions { Folder = folder, FreeDiskBytesMin = 0, Flush = FlushPolicy.Never, Memory = memory }, TimeProvider.System);

    private static double MicrosecondsOf(int operations, Action<int> operation)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < operations; i++)
        {
            operation(i);
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / operations;
    }

    private static void ReadBare(SafeFileHandle handle, byte[] buffer)
    {
        int read;
        for (long offset = 600; (read = RandomAccess.Read(handle, buffer, offset)) == buffer.Length; offset += read)
        {
        }
    }

    // Reads of the disk tier complete synchronously, and that is what is measured.
#pragma warning disable CA2012
    private static void ReadEntry(FileEntryStore store, Hash256 key, byte[] buffer)
    {
        using OpenEntry entry = store.OpenAsync(key, default).Result!;
        for (long offset = 0; offset < entry.Header.Length;)
        {
            offset += entry.ReadAsync(offset, buffer, default).Result;
        }
    }

#pragma warning restore CA2012

    private static EntryHeader Header(int number, byte[] body)
    {
        var request = new ImageRequest
        {
            Dialect = "pollinations",
            Prompt = $"a lighthouse on a cliff at dawn, oil painting, number {number}",
            Seed = Seed.Named(number),
            Model = "flux",
            Width = 1024,
            Height = 1024,
            Parameters = [KeyValuePair.Create("enhance", "false"), KeyValuePair.Create("nologo", "true")],
        };
        return new EntryHeader
        {
            Id = number.ToString("00000000000000000000000000"),
            Request = request,
            Key = request.ExactKey,
            Created = DateTimeOffset.UnixEpoch.AddDays(20_000),
            ContentType = "image/jpeg",
            ContentHash = Hash256.Of(body),
            Length = body.Length,
            Width = 1024,
            Height = 1024,
        };
    }
}
