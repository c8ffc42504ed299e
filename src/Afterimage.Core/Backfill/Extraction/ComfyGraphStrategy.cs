using Afterimage.Images;

namespace Afterimage.Backfill.Extraction;

/// <summary>ComfyUI: the executed graph in PNG text <c>prompt</c>, else the editor's graph in <c>workflow</c>; in WebP they are EXIF fields with these words before.</summary>
internal sealed class ComfyGraphStrategy : IExtractionStrategy
{
    public Extracted? Extract(ExtractionInput input)
    {
        foreach (string name in (string[])["prompt", "workflow"])
        {
            if (Find(input.Texts, name) is { } json && ComfyGraph.Read(json) is { } extracted)
            {
                return extracted;
            }
        }

        return null;
    }

    private static string? Find(MetadataReading texts, string name)
    {
        if (texts.Find(MetadataSource.PngText, name) is { } own)
        {
            return own;
        }

        string prefix = name + ":";
        foreach (MetadataText text in texts.Texts)
        {
            if (text.Source == MetadataSource.Exif && text.Text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return text.Text[prefix.Length..];
            }
        }

        return null;
    }
}
