using System.Text.Json;

namespace Afterimage.Backfill.Extraction;

/// <summary>
/// Reads a ComfyUI graph: from the node that saves the image back to the sampler, from there along <c>positive</c> and <c>negative</c> to the texts, along
/// <c>model</c> to the checkpoint. Where several texts come together, or one that the graph does not give, the words are not all known; where an image is
/// loaded on the way, they are not all that counts. Visits each node at most once for each question, so that loops and huge graphs end.
/// </summary>
internal sealed partial class ComfyGraph
{
    private const int SeedDigitsMax = 20;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    private static readonly string[] TextNames = ["text", "text_g", "t5xxl", "prompt", "string", "value", "text_positive", "populated_text", "wildcard_text", "clip_l", "text_l"];

    // Inputs by which no words of a prompt come.
    private static readonly HashSet<string> Wordless = ["model", "clip", "vae", "control_net", "image", "mask", "pixels", "latent", "latent_image", "samples", "noise", "seed", "sigmas"];

    // In node types, without spaces and whatever their case.
    private static readonly string[] Loaders = ["loadimage", "imageload", "loadvideo", "loadlatent"];

    private readonly Dictionary<string, Node> _nodes = [];
    private bool _isEditors;

    public static Extracted? Read(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json.Replace(": NaN", ": null", StringComparison.Ordinal), Options);
            var graph = new ComfyGraph();
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                if (document.RootElement.TryGetProperty("nodes", out JsonElement nodes) && nodes.ValueKind == JsonValueKind.Array)
                {
                    graph._isEditors = true;
                    graph.LoadEditor(document.RootElement, nodes);
                }
                else
                {
                    graph.LoadExecuted(document.RootElement);
                }
            }

            return graph.Extract();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private Extracted? Extract()
    {
        foreach (Node sampler in Samplers())
        {
            (string? prompt, bool isWhole) = Words(sampler, ["positive", "guider", "conditioning"]);
            if (string.IsNullOrWhiteSpace(prompt))
            {
                continue;
            }

            // A guider holds a sampler's texts for it; the plain one has no negative text.
            Node? guider = _nodes.GetValueOrDefault(sampler.Links.GetValueOrDefault("guider") ?? "");
            (string? negative, bool isNegativeWhole) = Words(guider ?? sampler, ["negative"]);
            var parameters = new List<KeyValuePair<string, string>>();
            Add("negative_prompt", negative);
            Add("seed", SeedOf(sampler) ?? Follow(sampler, ["noise", "seed", "noise_seed"], SeedOf));
            Add("model", Follow(sampler, ["model", "guider"], ModelOf));
            return new Extracted(prompt.Trim(), parameters, "comfyui-graph", IsRequest: false)
            {
                Besides = LoadsImage(sampler) ? BesidesWords.Image : isWhole && isNegativeWhole ? BesidesWords.Nothing : BesidesWords.Words,
            };

            void Add(string name, string? value)
            {
                if (!string.IsNullOrWhiteSpace(value))
                {
                    parameters.Add(new(name, value.Trim()));
                }
            }
        }

        return null;
    }

    // Those that lead to a saved image first, the nearest to it before the ones behind.
    private IEnumerable<Node> Samplers() => Walk(Outputs()).Concat(_nodes.Values).Distinct().Where(IsSampler);

    private IEnumerable<string> Outputs() => _nodes
        .Where(n => n.Value.Type.Contains("Save", StringComparison.Ordinal) || n.Value.Type.Contains("Preview", StringComparison.Ordinal))
        .Select(n => n.Key);

    /// <summary>Whether an image or a latent from outside is behind the sampler or behind any output: which of several outputs this picture is, nobody noted.</summary>
    private bool LoadsImage(Node sampler) => Walk(Outputs().Concat(sampler.Links.Values)).Any(node =>
    {
        string type = node.Type.Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
        return Loaders.Any(type.Contains);
    });

    /// <summary>The nodes with these names and those behind them, each once, breadth first.</summary>
    /// <param name="first">Names; those that no node has lead nowhere.</param>
    /// <param name="leads">Whether to go on along an input of a node; asked after the node was handed out. All where null.</param>
    private IEnumerable<Node> Walk(IEnumerable<string> first, Func<Node, string, bool>? leads = null)
    {
        var seen = new HashSet<string>();
        var queue = new Queue<string>(first);
        while (queue.TryDequeue(out string? id))
        {
            if (!seen.Add(id) || !_nodes.TryGetValue(id, out Node? node))
            {
                continue;
            }

            yield return node;
            foreach ((string input, string link) in node.Links)
            {
                if (leads?.Invoke(node, input) ?? true)
                {
                    queue.Enqueue(link);
                }
            }
        }
    }

    private static IEnumerable<string> Behind(Node node, string[] inputs) => inputs.Select(name => node.Links.GetValueOrDefault(name)).OfType<string>();

    private static bool IsSampler(Node node) => (node.Links.ContainsKey("positive") && (node.Links.ContainsKey("latent_image") || node.Type.Contains("Sampler", StringComparison.Ordinal)))
        || (node.Links.ContainsKey("guider") && node.Links.ContainsKey("noise"));

    /// <summary>The first that <paramref name="answer"/> finds behind the given inputs of a node.</summary>
    private string? Follow(Node start, string[] inputs, Func<Node, string?> answer) => Walk(Behind(start, inputs)).Select(answer).FirstOrDefault(found => found is not null);

    /// <summary>The text behind the given inputs of a sampler, and whether it is all of the words: not where a second text joins it or a node joins words of its own.</summary>
    private (string? Text, bool IsWhole) Words(Node sampler, string[] inputs)
    {
        string? found = null;
        bool isWhole = true;

        // The way from a positive text never leads to a negative one, nor back.
        string other = inputs[0] == "negative" ? "positive" : "negative";
        foreach (Node node in Walk(Behind(sampler, inputs), (node, input) => !IsSilent(node) && TextOf(node) is null && !Wordless.Contains(input) && input != other))
        {
            if (IsSilent(node))
            {
                continue;
            }

            if (TextOf(node) is { } text)
            {
                isWhole &= (found ??= text) == text && !IsTemplate(text);
            }
            else
            {
                isWhole &= !HasOtherWords(node);
            }
        }

        return (found, isWhole);
    }

    // What is zeroed out says nothing, whatever was encoded.
    private static bool IsSilent(Node node) => node.Type == "ConditioningZeroOut";

    // "{red|blue} cat": the editor's graph keeps the choice, the executed one what was chosen.
    private bool IsTemplate(string text)
    {
        int open = text.IndexOf('{', StringComparison.Ordinal);
        int bar = open < 0 ? -1 : text.IndexOf('|', open);
        return _isEditors && bar >= 0 && text.IndexOf('}', bar) >= 0;
    }

    // Nodes that join texts have inputs such as text_a, text2, string_b.
    private static bool HasOtherWords(Node node) => node.Values.Any(v =>
        (v.Key.StartsWith("text", StringComparison.OrdinalIgnoreCase) || v.Key.StartsWith("string", StringComparison.OrdinalIgnoreCase) || v.Key.StartsWith("prompt", StringComparison.OrdinalIgnoreCase))
        && !string.IsNullOrWhiteSpace(v.Value) && !double.TryParse(v.Value, out _) && v.Value is not ("True" or "False"));

    private static string? TextOf(Node node)
    {
        foreach (string name in TextNames)
        {
            if (node.Values.TryGetValue(name, out string? text) && !string.IsNullOrWhiteSpace(text) && !double.TryParse(text, out _))
            {
                return text;
            }
        }

        return null;
    }

    private static string? SeedOf(Node node)
    {
        foreach (string name in (string[])["seed", "noise_seed", "value"])
        {
            if (node.Values.TryGetValue(name, out string? text) && text.Length is > 0 and <= SeedDigitsMax && text.All(char.IsAsciiDigit))
            {
                return text;
            }
        }

        return null;
    }

    private static string? ModelOf(Node node)
    {
        string? file = node.Values.GetValueOrDefault("ckpt_name") ?? node.Values.GetValueOrDefault("unet_name") ?? node.Values.GetValueOrDefault("model_name");
        return file is null ? null : Path.GetFileNameWithoutExtension(file.Replace('\\', '/'));
    }
}
