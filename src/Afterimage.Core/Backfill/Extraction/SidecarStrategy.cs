namespace Afterimage.Backfill.Extraction;

/// <summary>A text beside the image: JSON with a prompt, AUTOMATIC1111's form, or the prompt alone.</summary>
internal sealed class SidecarStrategy : IExtractionStrategy
{
    private const int PlainLengthMax = 8192;

    public Extracted? Extract(ExtractionInput input)
    {
        if (string.IsNullOrWhiteSpace(input.Sidecar))
        {
            return null;
        }

        string text = input.Sidecar.Trim();
        if (text[0] is '{' or '[')
        {
            return PromptJson.Read(text, "sidecar-json", ofPicture: false) ?? ComfyGraph.Read(text);
        }

        return InfoText.HasSettings(text) ? InfoText.Read(text, "sidecar-parameters")
            : text.Length <= PlainLengthMax && !text.Contains('\0') ? new Extracted(text, [], "sidecar-text", IsRequest: false)
            : null;
    }
}
