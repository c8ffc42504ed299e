using Afterimage.Backfill.Keys;

namespace Afterimage.Backfill.Extraction;

/// <summary>The URL that the earlier cache wrote into the object's metadata. It cut URLs at 2,048 characters; those are not trusted.</summary>
internal sealed class ObjectMetadataStrategy : IExtractionStrategy
{
    private const int UrlLengthMax = 2048;

    private static readonly string[] Names = ["originalurl", "original-url", "original_url"];

    public Extracted? Extract(ExtractionInput input)
    {
        foreach (string name in Names)
        {
            if (input.ObjectMetadata.TryGetValue(name, out string? url) && url.Length < UrlLengthMax && KeyReader.Read(url) is { Strategy: KeyStrategy.Url, Prompt: { } prompt } reading)
            {
                return new Extracted(prompt, reading.Parameters, "object-metadata", IsRequest: true);
            }
        }

        return null;
    }
}
