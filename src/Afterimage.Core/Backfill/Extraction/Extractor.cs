namespace Afterimage.Backfill.Extraction;

/// <summary>Asks the strategies in their order of trust; the first answer counts.</summary>
public static class Extractor
{
    private static readonly IExtractionStrategy[] BeforeSidecar =
    [
        new ObjectMetadataStrategy(),
        new ObjectKeyStrategy(),
        new JsonTextStrategy(),
        new InfoTextStrategy(),
        new ComfyGraphStrategy(),
    ];

    private static readonly SidecarStrategy Sidecar = new();

    /// <summary>What the image says itself; null where only a sidecar can help.</summary>
    public static Extracted? FromImage(ExtractionInput input)
    {
        foreach (IExtractionStrategy strategy in BeforeSidecar)
        {
            if (strategy.Extract(input) is { } extracted)
            {
                return extracted;
            }
        }

        return null;
    }

    public static Extracted? FromSidecar(ExtractionInput input) => Sidecar.Extract(input);
}
