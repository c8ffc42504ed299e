using System.Text;
using Afterimage.Caching.Http;
using Afterimage.Entries;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>Short ways to the objects that these tests are about.</summary>
internal static class Make
{
    /// <summary>The time at which everything here happens.</summary>
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Field lines from <c>Name: value</c> texts.</summary>
    public static HttpFields Fields(params string[] lines) =>
        new(lines.Select(line => KeyValuePair.Create(line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..].Trim())));

    /// <summary>A date field a number of seconds from now.</summary>
    public static string At(string name, double seconds) => $"{name}: {HttpDate.Format(Now.AddSeconds(seconds))}";

    /// <summary>A stored response that came just now.</summary>
    public static StoredResponse Stored(params string[] lines) => Stored(200, "hello", null, lines);

    public static StoredResponse Stored(int status, string body, HttpFields? request, params string[] lines) => StoredAt(Now, status, body, request, lines);

    /// <summary>A stored response that came at a time.</summary>
    public static StoredResponse StoredAt(DateTimeOffset time, int status, string body, HttpFields? request, params string[] lines)
    {
        HttpFields fields = Fields(lines);
        CacheDirectives directives = TargetedDirectives.Select(fields, TargetedDirectives.DefaultTargets);
        VaryKey vary = VaryKey.Of(VaryFields.Parse(fields.Get("Vary")) ?? [], request ?? HttpFields.Empty);
        ContentRange? range = status == 206 ? ContentRange.Parse(fields.First("Content-Range")) : null;
        return new StoredResponse(
            status, null, ConnectionFields.Storable(fields, directives), directives, vary, time, time, new MemoryContent(Encoding.ASCII.GetBytes(body)), range, HttpCachePolicy.Default);
    }

    /// <summary>A part of a response's body; all of it by default. It is read as it comes, from memory or disk, at once.</summary>
    public static string Text(StoredResponse response, long from = 0, long? count = null)
    {
        byte[] bytes = new byte[count ?? response.Body.Length];
        ValueTask reading = response.Body.ReadExactlyAsync(from, bytes, CancellationToken.None);
        Assert.True(reading.IsCompletedSuccessfully);
        return Encoding.ASCII.GetString(bytes);
    }

    public static Freshness FreshnessOf(int status, params string[] lines)
    {
        HttpFields fields = Fields(lines);
        return Freshness.Of(status, fields, TargetedDirectives.Select(fields, TargetedDirectives.DefaultTargets), Now, Now, HttpCachePolicy.Default);
    }
}
