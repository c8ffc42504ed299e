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

    /// <summary>The request in a JSON object; null where it is none or has no prompt.</summary>
    public static Extracted? Read(string text, string strategy)
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
            return new Extracted(prompt, parameters, strategy, isRequest);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

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
