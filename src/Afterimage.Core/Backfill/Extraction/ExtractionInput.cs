using Afterimage.Images;

namespace Afterimage.Backfill.Extraction;

/// <summary>What strategies may look at. The image's own texts are read only when a strategy asks for them.</summary>
public sealed class ExtractionInput(string key, IReadOnlyDictionary<string, string> objectMetadata, ReadOnlyMemory<byte> image, string? sidecar)
{
    private MetadataReading? _texts;

    public string Key => key;

    /// <summary>User metadata of the object, names in lower case.</summary>
    public IReadOnlyDictionary<string, string> ObjectMetadata => objectMetadata;

    public MetadataReading Texts => _texts ??= ImageMetadata.Read(image.Span);

    public string? Sidecar => sidecar;
}

/// <summary>One way to learn an image's request. Never throws on any input; stateless.</summary>
public interface IExtractionStrategy
{
    /// <summary>What was learnt, or null where this strategy does not apply.</summary>
    Extracted? Extract(ExtractionInput input);
}
