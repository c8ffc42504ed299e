using Afterimage.Entries;

namespace Afterimage.Caching.Http;

/// <summary>Joining parts of one representation, RFC 9111 section 3.4 and RFC 9110 section 15.3.7.3.</summary>
public static class PartialContent
{
    /// <summary>
    /// One stored response out of two parts that touch or overlap and carry the same strong tag; a complete 200 where together they have every byte.
    /// Null where they cannot be joined: the newer one stands alone then. Parts are in memory only. Fields of the newer part win.
    /// </summary>
    public static StoredResponse? Combine(StoredResponse older, StoredResponse newer, HttpCachePolicy policy)
    {
        if (older.Range is not { } a || newer.Range is not { } b || older.ETag is not { } tag || newer.ETag is not { } newTag || !tag.StronglyEquals(newTag)
            || a.CompleteLength != b.CompleteLength || a.Length != older.Body.Length || b.Length != newer.Body.Length
            || a.First > b.Last + 1 || b.First > a.Last + 1 || older.Body is not MemoryContent olderBody || newer.Body is not MemoryContent newerBody)
        {
            return null;
        }

        var joined = new ContentRange(Math.Min(a.First, b.First), Math.Max(a.Last, b.Last), a.CompleteLength);
        if (joined.Length > Array.MaxLength)
        {
            return null;
        }

        byte[] body = new byte[joined.Length];
        olderBody.CopyTo(0, body.AsSpan((int)(a.First - joined.First), (int)a.Length));
        newerBody.CopyTo(0, body.AsSpan((int)(b.First - joined.First), (int)b.Length));
        return Make(older, newer, joined, body, policy);
    }

    private static StoredResponse Make(StoredResponse older, StoredResponse newer, ContentRange joined, byte[] body, HttpCachePolicy policy)
    {
        bool complete = joined.First == 0 && joined.Length == joined.CompleteLength;
        var newNames = new HashSet<string>(newer.Fields.Lines.Select(line => line.Key), StringComparer.OrdinalIgnoreCase) { "Content-Range", "Content-Length" };
        var fields = new HttpFields([.. older.Fields.Lines.Where(line => !newNames.Contains(line.Key)), .. newer.Fields.Lines])
            .Without(static name => name.Equals("Content-Range", StringComparison.OrdinalIgnoreCase))
            .With("Content-Length", body.Length.ToString());
        return new StoredResponse(
            complete ? 200 : 206,
            null,
            complete ? fields : fields.With("Content-Range", joined.ToString()),
            newer.Directives,
            newer.Vary,
            newer.RequestTime,
            newer.ResponseTime,
            new MemoryContent(body),
            complete ? null : joined,
            policy);
    }
}
