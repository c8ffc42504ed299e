using Afterimage.Images;

namespace Afterimage.Backfill.Extraction;

/// <summary>PNG text <c>parameters</c>, or the same text in an EXIF or JPEG comment.</summary>
internal sealed class InfoTextStrategy : IExtractionStrategy
{
    public Extracted? Extract(ExtractionInput input)
    {
        if (input.Texts.Find(MetadataSource.PngText, "parameters") is { } parameters && InfoText.Read(parameters, "png-parameters") is { } own)
        {
            return own;
        }

        foreach (MetadataText text in input.Texts.Texts)
        {
            bool comment = text.Source == MetadataSource.Comment || (text.Source == MetadataSource.Exif && text.Name is "UserComment" or "ImageDescription" or "XPComment");
            if (comment && InfoText.HasSettings(text.Text) && InfoText.Read(text.Text, "exif-parameters") is { } extracted)
            {
                return extracted;
            }
        }

        return null;
    }
}
