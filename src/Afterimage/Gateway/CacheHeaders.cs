using System.Globalization;
using Afterimage.Caching;
using Afterimage.Configuration;
using Afterimage.Entries;
using Afterimage.Requests;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway;

/// <summary>The headers of DESIGN.md section 5, made from outcomes.</summary>
internal sealed class CacheHeaders(GatewayOptions options, ResolutionBuckets buckets, TimeProvider time)
{
    private readonly HeaderOptions _headers = options.Headers;

    private readonly StringValues _cors = options.Headers.Cors.Length > 0 ? options.Headers.Cors : default;

    public const string IdHeader = "X-Afterimage-Id";

    private static readonly StringValues HitText = "HIT";
    private static readonly StringValues ExactText = "exact";
    private static readonly StringValues BytesText = "bytes";
    private static readonly string[] ForSharedCaches = ["public", "private", "s-maxage", "proxy-revalidate"];
    private static readonly StringValues ExposedText =
        "X-Cache, X-Cache-Type, X-Semantic-Similarity, X-Semantic-Best-Similarity, X-Semantic-Bucket, X-Semantic-Reason, X-Afterimage-Id, Cache-Status, Age, ETag";

    /// <summary>What of an exact hit's headers stays the same as long as its entry does.</summary>
    public HitHeaders Prepare(EntryHeader entry)
    {
        var replayed = new List<KeyValuePair<string, StringValues>>();
        StringValues cacheControl = _headers.CacheControl.Length > 0 ? _headers.CacheControl : default;
        foreach ((string name, string value) in entry.ResponseHeaders)
        {
            if (!name.Equals("Cache-Control", StringComparison.OrdinalIgnoreCase))
            {
                replayed.Add(new(name, value));
            }
            else if (cacheControl.Count == 0)
            {
                cacheControl = value;
            }
        }

        if (_headers.CacheControl.Length == 0)
        {
            cacheControl = Confined(entry.Request, cacheControl);
        }

        return new HitHeaders(buckets.NameOf(entry.Request.Width, entry.Request.Height), entry.Id, $"\"{entry.ContentHash.ToHex()}\"", entry.ContentType, [.. replayed], cacheControl)
        {
            Created = entry.Created,
            Expires = entry.Expires,
        };
    }

    /// <summary>Headers of an exact hit, without those of the body.</summary>
    public void Exact(IHeaderDictionary headers, EntryHeader entry) => Exact(headers, Prepare(entry));

    /// <summary>Headers of an exact hit, entity tag and content type included.</summary>
    public void Exact(IHeaderDictionary headers, HitHeaders hit)
    {
        HitHeaders.Moment moment = hit.At(time.GetUtcNow());
        headers["X-Cache"] = HitText;
        headers["X-Cache-Type"] = ExactText;
        headers["X-Semantic-Bucket"] = hit.Bucket;
        headers[IdHeader] = hit.Id;
        headers["Cache-Status"] = moment.Status;
        headers.Age = moment.Age;
        headers.ETag = hit.ETag;
        headers.ContentType = hit.ContentType;
        headers.AcceptRanges = BytesText;
        if (hit.CacheControl.Count > 0)
        {
            headers.CacheControl = hit.CacheControl;
        }

        foreach ((string name, StringValues value) in hit.Replayed)
        {
            headers[name] = value;
        }

        Cors(headers);
    }

    /// <summary>Headers of a semantic hit: short-lived, never immutable, nothing of the other prompt.</summary>
    public void Semantic(IHeaderDictionary headers, ImageRequest asked, SemanticCandidate candidate, string id, bool originFailed)
    {
        headers["X-Cache"] = "HIT";
        headers["X-Cache-Type"] = "semantic";
        Common(headers, asked, id);
        if (_headers.Explain != ExplainLevel.Off)
        {
            headers["X-Semantic-Similarity"] = Number(candidate.Similarity);
        }

        string detail = originFailed ? "similar;origin-failed" : "semantic";
        detail = _headers.Explain == ExplainLevel.Off ? detail : $"{detail};sim={Number(candidate.Similarity)}";
        int seconds = originFailed ? options.Origin.SimilarMaxAgeSeconds : options.Semantic.MaxAgeSeconds;
        headers["Cache-Status"] = $"afterimage; hit; ttl={seconds}; detail=\"{detail}\"";
        headers.CacheControl = Confined(asked, $"public, max-age={seconds}, must-revalidate");
        headers.Age = "0";
        foreach ((string name, string value) in candidate.Entry.ResponseHeaders)
        {
            // A file name is made of the other person's prompt.
            if (name.StartsWith("X-", StringComparison.OrdinalIgnoreCase))
            {
                headers[name] = value;
            }
        }
    }

    /// <summary>Headers of an answer that came from the origin, or of the error that came instead.</summary>
    /// <param name="status">The origin's status; null where it gave none.</param>
    /// <param name="collapsed">Whether it was another request's answer.</param>
    public void Miss(IHeaderDictionary headers, ImageRequest asked, SemanticLookup lookup, string id, int? status, bool collapsed)
    {
        headers["X-Cache"] = "MISS";
        Common(headers, asked, id);
        headers.CacheControl = Confined(asked, headers.CacheControl);
        string detail = "";
        if (lookup.Best is { } best && _headers.Explain != ExplainLevel.Off)
        {
            headers["X-Semantic-Best-Similarity"] = Number(best.Similarity);
            detail = $"; detail=\"nearest={Number(best.Similarity)}\"";
            if (_headers.Explain == ExplainLevel.Full && best.Verdict.Reasons.Count > 0)
            {
                headers["X-Semantic-Reason"] = Printable(best.Verdict.Reasons[0]);
            }
        }

        headers["Cache-Status"] = $"afterimage; fwd=uri-miss{(status is null ? "" : $"; fwd-status={status}")}{(collapsed ? "; collapsed" : "")}{detail}";
    }

    /// <summary>Headers of an answer that went past the cache.</summary>
    public static void Bypass(IHeaderDictionary headers, string reason)
    {
        headers["X-Cache"] = "BYPASS";
        headers["Cache-Status"] = $"afterimage; fwd=bypass; detail={reason}";
    }

    /// <summary>Cross-origin headers, unless the origin has set its own.</summary>
    public void Cors(IHeaderDictionary headers)
    {
        if (_cors.Count > 0 && headers.AccessControlAllowOrigin.Count == 0)
        {
            headers.AccessControlAllowOrigin = _cors;
            headers.AccessControlExposeHeaders = ExposedText;
        }
    }

    /// <summary>
    /// What caches between us and the client may do. They know a URL and not whose request it is, so what belongs to a scope that a header names is for its client's own
    /// cache alone.
    /// </summary>
    private StringValues Confined(ImageRequest asked, StringValues cacheControl)
    {
        if (asked.Scope.Length == 0 || !options.Scope.IsOutsideUrl)
        {
            return cacheControl;
        }

        IEnumerable<string> kept = cacheControl.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(directive => !ForSharedCaches.Any(name => directive.StartsWith(name, StringComparison.OrdinalIgnoreCase)));
        return string.Join(", ", kept.Prepend("private"));
    }

    private void Common(IHeaderDictionary headers, ImageRequest request, string id)
    {
        headers["X-Semantic-Bucket"] = buckets.NameOf(request.Width, request.Height);
        headers[IdHeader] = id;
        Cors(headers);
    }

    private static string Number(float similarity) => similarity.ToString("0.000", CultureInfo.InvariantCulture);

    // Header values are ASCII; what is not is shown as a question mark, and never a line break.
    private static string Printable(string text) => string.Create(Math.Min(text.Length, 200), text, (span, source) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
        }
    });
}
