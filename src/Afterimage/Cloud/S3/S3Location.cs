using System.Web;

namespace Afterimage.Cloud.S3;

/// <summary>
/// An object's place as text: <c>s3://bucket/key?endpoint=https%3A%2F%2F...&amp;region=auto</c>, escaped. The endpoint travels along, so that an entry can be
/// read wherever its bucket is; credentials never do.
/// </summary>
internal readonly record struct S3Location(string Bucket, string Key, string Endpoint, string Region)
{
    private const string Scheme = "s3://";

    /// <summary>Reads <c>s3://bucket/prefix</c> of a command line (unescaped, without query) or a location.</summary>
    public static S3Location? TryParse(string text, bool escaped)
    {
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string rest = text[Scheme.Length..];
        int mark = escaped ? rest.IndexOf('?', StringComparison.Ordinal) : -1;
        string path = mark < 0 ? rest : rest[..mark];
        int slash = path.IndexOf('/', StringComparison.Ordinal);
        string bucket = slash < 0 ? path : path[..slash];
        string key = slash < 0 ? "" : path[(slash + 1)..];
        var query = HttpUtility.ParseQueryString(mark < 0 ? "" : rest[(mark + 1)..]);
        return bucket.Length == 0 ? null : new S3Location(bucket, escaped ? Uri.UnescapeDataString(key) : key, query["endpoint"] ?? "", query["region"] ?? "");
    }

    public override string ToString()
    {
        string query = (Endpoint.Length > 0 ? "&endpoint=" + Uri.EscapeDataString(Endpoint) : "") + (Region.Length > 0 ? "&region=" + Uri.EscapeDataString(Region) : "");
        return $"{Scheme}{Bucket}/{Uri.EscapeDataString(Key)}{(query.Length > 0 ? "?" + query[1..] : "")}";
    }
}
