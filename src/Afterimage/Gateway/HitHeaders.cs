using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Afterimage.Gateway;

/// <summary>The headers of an exact hit that do not change while the entry lives, made once; and those that change every second, made once a second.</summary>
internal sealed class HitHeaders(
    StringValues bucket, StringValues id, StringValues etag, StringValues contentType, KeyValuePair<string, StringValues>[] replayed, StringValues cacheControl)
{
    private Moment? _moment;

    public StringValues Bucket => bucket;

    public StringValues Id => id;

    public StringValues ETag => etag;

    public StringValues ContentType => contentType;

    public KeyValuePair<string, StringValues>[] Replayed => replayed;

    public StringValues CacheControl => cacheControl;

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset? Expires { get; init; }

    /// <summary>Age and Cache-Status as of now.</summary>
    public Moment At(DateTimeOffset now)
    {
        long second = now.ToUnixTimeSeconds();
        Moment? moment = _moment;
        if (moment is null || moment.Second != second)
        {
            long ageSeconds = Math.Max(0, (long)(now - Created).TotalSeconds);
            string ttl = Expires is { } expires ? $"ttl={Math.Max(0, (long)(expires - now).TotalSeconds)}; " : "";
            _moment = moment = new Moment(second, ageSeconds.ToString(CultureInfo.InvariantCulture), $"afterimage; hit; {ttl}detail=exact");
        }

        return moment;
    }

    public sealed record Moment(long Second, StringValues Age, StringValues Status);
}
