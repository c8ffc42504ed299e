using Afterimage.Backfill.Sources;
using Afterimage.Cloud.S3;
using Afterimage.Entries;

namespace Afterimage.Gateway;

/// <summary>Where images of backfills are: sources by their name, and the readers that serve in-place entries.</summary>
internal static class BackfillParts
{
    // One set of clients for the life of the process: they pool connections.
    private static readonly S3Clients Buckets = new();

    public static ILocationReader Locations { get; } = new LocationReaders(new Dictionary<string, ILocationReader>
    {
        ["file"] = new FileLocationReader(),
        ["s3"] = new S3LocationReader(Buckets),
    });

    /// <summary>The source that <paramref name="spec"/> names; null with the mistake where there is none.</summary>
    /// <param name="spec"><c>s3://bucket/prefix</c> or an existing folder.</param>
    public static IImageSource? OpenSource(string spec, string? endpoint, string? region, long objectBytesMax, out string? mistake)
    {
        mistake = null;
        if (S3Location.TryParse(spec, escaped: false) is { } place)
        {
            return new S3ImageSource(Buckets, place with { Endpoint = endpoint ?? "", Region = region ?? "" }, objectBytesMax);
        }

        if (Directory.Exists(spec))
        {
            return new FolderSource(spec);
        }

        mistake = $"'{spec}' is neither a folder nor s3://bucket/prefix";
        return null;
    }
}
