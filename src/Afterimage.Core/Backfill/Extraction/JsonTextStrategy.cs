using Afterimage.Images;

namespace Afterimage.Backfill.Extraction;

/// <summary>JSON in EXIF or PNG text. Pollinations writes its parameters into UserComment and the model's name into Make.</summary>
internal sealed class JsonTextStrategy : IExtractionStrategy
{
    public Extracted? Extract(ExtractionInput input)
    {
        foreach (MetadataText text in input.Texts.Texts)
        {
            bool exif = text.Source == MetadataSource.Exif;
            if ((!exif && text.Source is not (MetadataSource.PngText or MetadataSource.Comment)) || PromptJson.Read(text.Text, exif ? "exif-json" : "text-json", ofPicture: true) is not { } extracted)
            {
                continue;
            }

            string? make = exif && extracted.Find("model") is null ? input.Texts.Find(MetadataSource.Exif, "Make") : null;
            return string.IsNullOrWhiteSpace(make) || make.StartsWith('{') || make.Contains(':')
                ? extracted
                : extracted with { Parameters = [.. extracted.Parameters, new("model", make)] };
        }

        return null;
    }
}
