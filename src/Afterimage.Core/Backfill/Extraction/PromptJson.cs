using System.Text.Json;

namespace Afterimage.Backfill.Extraction;

/// <summary>Reads the JSON that image tools write: Pollinations' EXIF comment, InvokeAI, NovelAI, Fooocus and sidecars have the same few names.</summary>
internal static class PromptJson
{
    private const int TextLengthMax = 32_768;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static readonly string[] Prompts = ["originalPrompt", "prompt", "positive_prompt", "Prompt", "caption"];

    // Our parameter, then the names that tools give it.
    private static readonly (string Name, string[] Given)[] Known =
    [
        ("width", ["width"]), ("height", ["height"]), ("seed", ["seed"]), ("model", ["model", "model_name", "base_model", "sd_model"]),
        ("negative_prompt", ["negative_prompt", "negativePrompt", "uc", "Negative Prompt"]), ("nologo", ["nologo"]), ("enhance", ["enhance"]), ("safe", ["safe"]),
        ("quality", ["quality"]), ("transparent", ["transparent"]), ("guidance_scale", ["guidance_scale"]), ("image", ["image"]), ("private", ["private", "nofeed"]),
    ];

    // How tools note that a picture began from another one, or was guided by one. Plain pictures have these names too, with nothing behind them.
    private static readonly string[] Images =
    [
        "init_image", "init_images", "initImage", "init_img", "input_image", "source_image", "image_prompt", "control_image", "mask", "mask_image", "controlnets", "ipAdapters",
        "t2iAdapters", "ref_images", "reference_image_multiple", "reference_strength_multiple",
    ];

    // Values of InvokeAI's generation_mode and NovelAI's request_type, whatever stands around them.
    private static readonly string[] ImageModes = ["img2img", "inpaint", "outpaint", "infill"];

    /// <summary>The request in a JSON object; null where it is none or has no prompt.</summary>
    /// <param name="ofPicture">True where the text is in the picture, so that an image it names is another one; files beside a picture often name the picture.</param>
    public static Extracted? Read(string text, string strategy, bool ofPicture)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{"))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text, Options);
            JsonElement root = document.RootElement;
            string? prompt = Prompts.Select(name => Text(root, name)).FirstOrDefault(t => !string.IsNullOrWhiteSpace(t));
            if (prompt is null)
            {
                return null;
            }

            var parameters = new List<KeyValuePair<string, string>>();
            foreach ((string name, string[] given) in Known)
            {
                if (given.Select(g => Text(root, g)).FirstOrDefault(t => t is not null) is { Length: > 0 } value)
                {
                    parameters.Add(new(name, value));
                }
            }

            bool isRequest = root.TryGetProperty("originalPrompt", out _) || root.TryGetProperty("nologo", out _);
            return new Extracted(prompt, parameters, strategy, isRequest) { Besides = isRequest ? BesidesWords.Nothing : BesidesOf(root, ofPicture) };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static BesidesWords BesidesOf(JsonElement root, bool ofPicture)
    {
        string mode = (Text(root, "generation_mode") ?? Text(root, "request_type") ?? "").ToLowerInvariant();
        JsonElement canvas = root.TryGetProperty("canvas_v2_metadata", out JsonElement layers) && layers.ValueKind == JsonValueKind.Object ? layers : default;
        if (ImageModes.Any(mode.Contains) || Images.Any(name => Holds(root, name)) || (ofPicture && Holds(root, "image")) || Holds(canvas, "controlLayers")
            || Holds(canvas, "referenceImages"))
        {
            return BesidesWords.Image;
        }

        return Holds(canvas, "regionalGuidance") || HasCharacters(root) ? BesidesWords.Words : BesidesWords.Nothing;
    }

    // NovelAI: a prompt for each character, beside the one of the whole.
    private static bool HasCharacters(JsonElement root) =>
        root.TryGetProperty("v4_prompt", out JsonElement prompt) && prompt.ValueKind == JsonValueKind.Object
        && prompt.TryGetProperty("caption", out JsonElement caption) && Holds(caption, "char_captions");

    private static bool Holds(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value) && value.ValueKind switch
        {
            JsonValueKind.String => !string.IsNullOrWhiteSpace(value.GetString()),
            JsonValueKind.Array => value.GetArrayLength() > 0,
            JsonValueKind.Object => value.EnumerateObject().Any(),
            _ => false,
        };

    private static string? Text(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement value))
        {
            return null;
        }

        string? text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            JsonValueKind.Array => string.Join('|', value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString())),
            JsonValueKind.Object => Text(value, "name") ?? Text(value, "model_name"),
            _ => null,
        };
        return text?.Length > TextLengthMax ? null : text;
    }
}
