using Afterimage.Entries;
using Afterimage.Requests;

namespace Afterimage.Tests.Entries;

/// <summary>Entries to store, told apart by their number.</summary>
internal static class TestEntries
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static byte[] Body(int number, int length = 2000)
    {
        byte[] body = new byte[length];
        new Random(number).NextBytes(body);
        return body;
    }

    public static ImageRequest Request(int number, string prompt = "a red bicycle") => new()
    {
        Dialect = "pollinations",
        Prompt = prompt,
        Seed = Seed.Named(number),
        Model = "flux",
        Width = 512,
        Height = 768,
        Parameters = [KeyValuePair.Create("nologo", "true")],
    };

    public static string Id(int number) => $"01JD{number:0000000000000000000000}";

    public static EntryHeader Header(int number, ReadOnlySpan<byte> body, string prompt = "a red bicycle")
    {
        ImageRequest request = Request(number, prompt);
        return new EntryHeader
        {
            Id = Id(number),
            Request = request,
            Key = request.ExactKey,
            Created = Noon.AddSeconds(number),
            ContentType = "image/png",
            ContentHash = Hash256.Of(body),
            Length = body.Length,
            Width = 512,
            Height = 768,
            ResponseHeaders = [KeyValuePair.Create("X-Model", "flux")],
            OriginTime = TimeSpan.FromSeconds(3),
        };
    }

    public static EntryHeader InPlace(int number, string location, long length, Guid batch = default)
    {
        ImageRequest request = Request(number);
        return new EntryHeader
        {
            Id = Id(number),
            Request = request,
            Key = request.ExactKey,
            Created = Noon.AddSeconds(number),
            Source = EntrySource.Backfill,
            Batch = batch,
            Extraction = "key",
            ContentType = "image/jpeg",
            ContentHash = default,
            Length = length,
            Location = location,
        };
    }

    public static ValueTask<PutOutcome> PutAsync(this IEntryStore store, int number, int length = 2000)
    {
        byte[] body = Body(number, length);
        return store.PutAsync(Header(number, body), body, default);
    }

    public static Hash256 Key(int number) => Request(number).ExactKey;

    /// <summary>The stored bytes by whatever way the store offers them, or null for a miss.</summary>
    public static async Task<byte[]?> ReadBodyAsync(this IEntryStore store, Hash256 key)
    {
        using OpenEntry? entry = await store.OpenAsync(key, default);
        return entry is null ? null : await entry.ReadBodyAsync();
    }

    public static async Task<byte[]> ReadBodyAsync(this OpenEntry entry)
    {
        if (entry.Body is { } whole)
        {
            return whole.ToArray();
        }

        var copy = new MemoryStream();
        byte[] buffer = new byte[777];
        int read;
        while ((read = await entry.ReadAsync(copy.Length, buffer, default)) > 0)
        {
            copy.Write(buffer, 0, read);
        }

        return copy.ToArray();
    }

    public static async Task<List<EntryHeader>> ListAsync(this IEntryStore store)
    {
        var headers = new List<EntryHeader>();
        await foreach (EntryHeader header in store.EnumerateAsync(default))
        {
            headers.Add(header);
        }

        return headers;
    }
}
