using System.Text.Json;

namespace Afterimage.Backfill.Extraction;

/// <content>Both forms in which a graph is written: as it was executed, and as the editor keeps it.</content>
internal sealed partial class ComfyGraph
{
    private const int NodesMax = 5000;

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

    private sealed record Node(string Type, Dictionary<string, string> Values, Dictionary<string, string> Links);

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
                // A widget that was turned into an input keeps its last value, which no longer counts.
                if (!node.Links.ContainsKey(name))
                {
                    node.Values[name] = value.ToString();
                }
            }
        }

        return node;
    }
}
