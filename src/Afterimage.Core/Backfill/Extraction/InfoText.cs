using System.Text.Json;
using System.Text.RegularExpressions;

namespace Afterimage.Backfill.Extraction;

/// <summary>
/// The text that AUTOMATIC1111 and its descendants write: the prompt, a line <c>Negative prompt: ...</c>, and a last line of <c>Name: value</c> pairs that
/// begins with <c>Steps:</c>. Values with commas are quoted as JSON.
/// </summary>
internal static partial class InfoText
{
    private const int LengthMax = 65_536;

    // Names of settings written for masks, edits, poses and images to begin from, by the program itself, its descendants and its most used extension.
    private static readonly string[] OfImages = ["Mask ", "Masked ", "Inpaint", "Image CFG scale", "Init image", "Init-", "ControlNet", "IP-Adapter", "IP Adapter"];

    public static Extracted? Read(string text, string strategy)
    {
        text = text.ReplaceLineEndings("\n").Trim();
        if (text.Length is 0 or > LengthMax || text.StartsWith('{'))
        {
            return null;
        }

        int steps = text.StartsWith("Steps: ", StringComparison.Ordinal) ? 0 : text.LastIndexOf("\nSteps: ", StringComparison.Ordinal);
        string words = steps < 0 ? text : text[..steps];
        int negative = words.StartsWith("Negative prompt:", StringComparison.Ordinal) ? 0 : words.IndexOf("\nNegative prompt:", StringComparison.Ordinal);
        string prompt = (negative < 0 ? words : words[..negative]).Trim();
        if (prompt.Length == 0)
        {
            return null;
        }

        var parameters = new List<KeyValuePair<string, string>>();
        if (negative >= 0)
        {
            parameters.Add(new("negative_prompt", words[(words.IndexOf(':', negative) + 1)..].Trim()));
        }

        List<KeyValuePair<string, string>> settings = steps < 0 ? [] : ReadSettings(text[steps..].Trim());
        AddParameters(settings, parameters);
        return new Extracted(prompt, parameters, strategy, IsRequest: false) { Besides = BesidesOf([.. settings.Select(s => s.Key)]) };
    }

    /// <summary>Whether text has the last line that tells this form from any other text.</summary>
    public static bool HasSettings(string text) => text.StartsWith("Steps: ", StringComparison.Ordinal) || text.Contains("\nSteps: ", StringComparison.Ordinal);

    private static List<KeyValuePair<string, string>> ReadSettings(string line) =>
        [.. Pair().Matches(line.Split('\n')[0]).Select(pair => new KeyValuePair<string, string>(pair.Groups[1].Value.Trim(), Unquote(pair.Groups[2].Value.Trim())))];

    private static void AddParameters(List<KeyValuePair<string, string>> settings, List<KeyValuePair<string, string>> parameters)
    {
        foreach ((string name, string value) in settings)
        {
            switch (name)
            {
                case "Seed":
                    parameters.Add(new("seed", value));
                    break;
                case "Model":
                    parameters.Add(new("model", value));
                    break;
                case "Size" when Size().Match(value) is { Success: true } size:
                    parameters.Add(new("width", size.Groups[1].Value));
                    parameters.Add(new("height", size.Groups[2].Value));
                    break;
                case "Steps":
                    parameters.Add(new("steps", value));
                    break;
                case "Sampler":
                    parameters.Add(new("sampler_name", value));
                    break;
                case "CFG scale":
                    parameters.Add(new("cfg_scale", value));
                    break;
            }
        }
    }

    private static string Unquote(string value)
    {
        if (value.Length < 2 || value[0] != '"')
        {
            return value;
        }

        try
        {
            return JsonDocument.Parse(value).RootElement.GetString() ?? value;
        }
        catch (JsonException)
        {
            return value;
        }
    }

    /// <summary>What the names of the settings tell about how the picture was made.</summary>
    private static BesidesWords BesidesOf(List<string> names)
    {
        // A denoising strength is that of the second, enlarging pass where there was one; else of an image to begin from.
        bool isEnlarged = names.Exists(n => n.StartsWith("Hires ", StringComparison.OrdinalIgnoreCase) || n == "First pass size");
        return names.Exists(n => Array.Exists(OfImages, o => n.StartsWith(o, StringComparison.Ordinal))) || (names.Contains("Denoising strength") && !isEnlarged) ? BesidesWords.Image
            : names.Contains("Hires prompt") ? BesidesWords.Words
            : BesidesWords.Nothing;
    }

    [GeneratedRegex(@"\s*(\w[\w \-/]*):\s*(""(?:\\.|[^\\""])*""|[^,]*)(?:,|$)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Pair();

    [GeneratedRegex(@"^(\d{1,5})x(\d{1,5})$", RegexOptions.CultureInvariant)]
    private static partial Regex Size();
}
