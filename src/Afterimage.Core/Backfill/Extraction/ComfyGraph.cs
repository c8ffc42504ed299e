using System.Text.Json;

namespace Afterimage.Backfill.Extraction;

/// <summary>
/// Reads a ComfyUI graph: from the node that saves the image back to the sampler, from there along <c>positive</c> and <c>negative</c> to the texts, along
/// <c>model</c> to the checkpoint. Visits each node at most once for each question, so that loops and huge graphs end.
/// </summary>
internal sealed class ComfyGraph
{
    private const int NodesMax = 5000;
    private const int SeedDigitsMax = 20;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    // In the editor's form values have no names; these are the first widgets of the nodes that matter.
    private static readonly Dictionary<string, string[]> Widgets = new()
    {
        ["CLIPTextEncode"] = ["text"],
        ["CLIPTextEncodeFlux"] = ["clip_l", "t5xxl"],
        ["KSampler"] = ["seed"],
        ["KSamplerAdvanced"] = ["add_noise", "noise_seed"],
        ["RandomNoise"] = ["noise_seed"],
        ["CheckpointLoaderSimple"] = ["ckpt_name"],
        ["UNETLoader"] = ["unet_name"],
        ["PrimitiveNode"] = ["value"],
        ["SaveImage"] = [],
    };

    private static readonly string[] TextNames = ["text", "text_g", "t5xxl", "prompt", "string", "value", "text_positive", "wildcard_text", "clip_l", "text_l"];

    private readonly Dictionary<string, Node> _nodes = [];

    private sealed record Node(string Type, Dictionary<string, string> Values, Dictionary<string, string> Links);

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

    private void LoadExecuted(JsonElement root)
    {
        foreach (JsonProperty property in root.EnumerateObject().Take(NodesMax))
        {
            if (property.Value.ValueKind != JsonValueKind.Object || !property.Value.TryGetProperty("inputs", out JsonElement inputs) || inputs.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            string type = property.Value.TryGetProperty("class_type", out JsonElement name) ? name.ToString() : "";
            var node = new Node(type, [], []);
            foreach (JsonProperty input in inputs.EnumerateObject())
            {
                if (input.Value.ValueKind == JsonValueKind.Array)
                {
                    if (input.Value.GetArrayLength() == 2)
                    {
                        node.Links[input.Name] = input.Value[0].ToString();
                    }
                }
                else
                {
                    node.Values[input.Name] = input.Value.ToString();
                }
            }

            _nodes[property.Name] = node;
        }
    }

    private void LoadEditor(JsonElement root, JsonElement nodes)
    {
        // A link is [id, from node, from slot, to node, to slot, type].
        var from = new Dictionary<string, string>();
        if (root.TryGetProperty("links", out JsonElement links) && links.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement link in links.EnumerateArray().Take(NodesMax * 4))
            {
                if (link.ValueKind == JsonValueKind.Array && link.GetArrayLength() >= 4)
                {
                    from[link[0].ToString()] = link[1].ToString();
                }
            }
        }

        foreach (JsonElement element in nodes.EnumerateArray().Take(NodesMax))
        {
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty("id", out JsonElement id))
            {
                _nodes[id.ToString()] = EditorNode(element, from);
            }
        }
    }

    private static Node EditorNode(JsonElement element, Dictionary<string, string> from)
    {
        var node = new Node(element.TryGetProperty("type", out JsonElement type) ? type.ToString() : "", [], []);
        if (element.TryGetProperty("inputs", out JsonElement inputs) && inputs.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement input in inputs.EnumerateArray())
            {
                if (input.TryGetProperty("name", out JsonElement name) && input.TryGetProperty("link", out JsonElement link) && from.TryGetValue(link.ToString(), out string? source))
                {
                    node.Links[name.ToString()] = source;
                }
            }
        }

        if (element.TryGetProperty("widgets_values", out JsonElement values) && values.ValueKind == JsonValueKind.Array && Widgets.TryGetValue(node.Type, out string[]? names))
        {
            foreach ((string name, JsonElement value) in names.Zip(values.EnumerateArray()))
            {
                node.Values[name] = value.ToString();
            }
        }

        return node;
    }

    private Extracted? Extract()
    {
        foreach (Node sampler in Samplers())
        {
            string? prompt = Follow(sampler, ["positive", "guider", "conditioning"], TextOf);
            if (string.IsNullOrWhiteSpace(prompt))
            {
                continue;
            }

            var parameters = new List<KeyValuePair<string, string>>();
            Add("negative_prompt", Follow(sampler, ["negative"], TextOf));
            Add("seed", SeedOf(sampler) ?? Follow(sampler, ["noise", "seed", "noise_seed"], SeedOf));
            Add("model", Follow(sampler, ["model", "guider"], ModelOf));
            return new Extracted(prompt.Trim(), parameters, "comfyui-graph", IsRequest: false);

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
    private IEnumerable<Node> Samplers()
    {
        var seen = new HashSet<string>();
        var queue = new Queue<string>();
        foreach ((string id, Node node) in _nodes)
        {
            if (node.Type.Contains("Save", StringComparison.Ordinal) || node.Type.Contains("Preview", StringComparison.Ordinal))
            {
                queue.Enqueue(id);
            }
        }

        while (queue.TryDequeue(out string? id))
        {
            if (seen.Add(id) && _nodes.TryGetValue(id, out Node? node))
            {
                if (IsSampler(node))
                {
                    yield return node;
                }

                foreach (string link in node.Links.Values)
                {
                    queue.Enqueue(link);
                }
            }
        }

        foreach ((string id, Node node) in _nodes)
        {
            if (!seen.Contains(id) && IsSampler(node))
            {
                yield return node;
            }
        }
    }

    private static bool IsSampler(Node node) => (node.Links.ContainsKey("positive") && (node.Links.ContainsKey("latent_image") || node.Type.Contains("Sampler", StringComparison.Ordinal)))
        || (node.Links.ContainsKey("guider") && node.Links.ContainsKey("noise"));

    /// <summary>Breadth first from the given links of a node, until <paramref name="answer"/> finds something.</summary>
    private string? Follow(Node start, string[] first, Func<Node, string?> answer)
    {
        var seen = new HashSet<string>();
        var queue = new Queue<string>(first.Select(name => start.Links.GetValueOrDefault(name)).OfType<string>());
        while (queue.TryDequeue(out string? id))
        {
            if (!seen.Add(id) || !_nodes.TryGetValue(id, out Node? node))
            {
                continue;
            }

            if (answer(node) is { } found)
            {
                return found;
            }

            foreach ((string name, string link) in node.Links)
            {
                // From a positive text the way never leads to a negative one.
                if (name != "negative" || first[0] == "negative")
                {
                    queue.Enqueue(link);
                }
            }
        }

        return null;
    }

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
