using System.Globalization;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Requests;

namespace Afterimage.Caching.Http;

/// <summary>
/// A stored response as an entry, so that the entry store keeps it: the target stands where an image request has its prompt, the secondary key among its
/// parameters, and what only HTTP knows in pseudo fields whose names start with a colon, which no real field can have.
/// </summary>
public static class StoredResponseEntry
{
    /// <summary>The dialect of such entries.</summary>
    public const string Dialect = "http";

    private const string Status = ":status";
    private const string Reason = ":reason";
    private const string Requested = ":requested";
    private const string Received = ":received";
    private const string Vary = ":vary";

    /// <summary>The header of the entry whose body is the response's.</summary>
    public static EntryHeader ToHeader(in ResourceKey key, StoredResponse response, ReadOnlySpan<byte> body)
    {
        ImageRequest request = RequestOf(key, response.Vary);
        var fields = new List<KeyValuePair<string, string>>(response.Fields.Lines)
        {
            new(Status, response.Status.ToString(CultureInfo.InvariantCulture)),
            new(Reason, response.Reason ?? ""),
            new(Requested, response.RequestTime.UtcTicks.ToString(CultureInfo.InvariantCulture)),
            new(Received, response.ResponseTime.UtcTicks.ToString(CultureInfo.InvariantCulture)),
        };
        for (int i = 0; i < response.Vary.Names.Count; i++)
        {
            // An equals sign cannot be part of a name, so its absence tells "the request did not have the field".
            string name = response.Vary.Names[i];
            fields.Add(new(Vary, response.Vary.Values[i] is { } value ? $"{name}={value}" : name));
        }

        return new EntryHeader
        {
            Id = Ulid.New(response.ResponseTime),
            Request = request,
            Key = request.ExactKey,
            Created = response.ResponseTime,
            ContentType = response.Fields.First("Content-Type") ?? "application/octet-stream",
            ContentHash = Hash256.Of(body),
            Length = body.Length,
            ResponseHeaders = fields,
        };
    }

    /// <summary>The key under which a response is stored as an entry.</summary>
    public static Hash256 EntryKeyOf(in ResourceKey key, StoredResponse response) => RequestOf(key, response.Vary).ExactKey;

    /// <summary>The primary key of an entry; null where it is not one of ours.</summary>
    public static ResourceKey? KeyOf(EntryHeader header) =>
        header.Request.Dialect == Dialect ? new ResourceKey(header.Request.Scope, header.Request.Prompt) : null;

    /// <summary>The response of an entry; null where the header is not one that <see cref="ToHeader"/> wrote.</summary>
    public static StoredResponse? FromEntry(EntryHeader header, IStoredContent body, HttpCachePolicy policy)
    {
        var fields = new List<KeyValuePair<string, string>>(header.ResponseHeaders.Count);
        var names = new List<string>();
        var values = new List<string?>();
        int status = 0;
        string? reason = null;
        long requested = 0;
        long received = 0;
        foreach (KeyValuePair<string, string> line in header.ResponseHeaders)
        {
            bool read = true;
            switch (line.Key)
            {
                case Status:
                    read = int.TryParse(line.Value, NumberStyles.None, CultureInfo.InvariantCulture, out status);
                    break;
                case Reason:
                    reason = line.Value.Length > 0 ? line.Value : null;
                    break;
                case Requested:
                    read = long.TryParse(line.Value, NumberStyles.None, CultureInfo.InvariantCulture, out requested);
                    break;
                case Received:
                    read = long.TryParse(line.Value, NumberStyles.None, CultureInfo.InvariantCulture, out received);
                    break;
                case Vary:
                    int equals = line.Value.IndexOf('=');
                    names.Add(equals < 0 ? line.Value : line.Value[..equals]);
                    values.Add(equals < 0 ? null : line.Value[(equals + 1)..]);
                    break;
                default:
                    fields.Add(line);
                    break;
            }

            if (!read)
            {
                return null;
            }
        }

        if (status is < 200 or > 999 || !IsTime(requested) || !IsTime(received) || body.Length != header.Length)
        {
            return null;
        }

        var stored = new HttpFields(fields);
        return new StoredResponse(
            status,
            reason,
            stored,
            TargetedDirectives.Select(stored, policy.Targets),
            VaryKey.FromValues(names, values),
            new DateTimeOffset(requested, TimeSpan.Zero),
            new DateTimeOffset(received, TimeSpan.Zero),
            body,
            null,
            policy);
    }

    private static bool IsTime(long ticks) => ticks > 0 && ticks <= DateTime.MaxValue.Ticks;

    private static ImageRequest RequestOf(in ResourceKey key, VaryKey vary)
    {
        var parameters = new List<KeyValuePair<string, string>>();
        if (vary.Names.Count > 0)
        {
            parameters.Add(new("vary", string.Join(',', vary.Names)));
            for (int i = 0; i < vary.Names.Count; i++)
            {
                if (vary.NormalValues[i] is { } value)
                {
                    parameters.Add(new("vary:" + vary.Names[i], value));
                }
            }
        }

        return new ImageRequest { Dialect = Dialect, Scope = key.Scope, Prompt = key.Target, Seed = Seed.None, Parameters = parameters };
    }
}
