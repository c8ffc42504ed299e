using System.Runtime.InteropServices;

namespace Afterimage.Bench.Encoder;

/// <summary>
/// Writes a <see cref="RandomModel"/> as an ONNX file, node for node what an export from PyTorch gives (opset 17), or with every weight product as
/// dynamic quantisation makes it: DynamicQuantizeLinear, MatMulInteger with signed 8-bit weights of one scale per tensor, scale.
/// </summary>
internal sealed class OnnxModel
{
    private const int FloatType = 1, Int8Type = 3, Int64Type = 7;

    private readonly RandomModel _model;
    private readonly bool _int8;
    private readonly ProtobufWriter _graph = new();
    private readonly Dictionary<string, string> _quantized = [];
    private int _names;

    private OnnxModel(RandomModel model, bool int8) => (_model, _int8) = (model, int8);

    /// <summary>The path of the file, written unless it is there.</summary>
    public static string Write(RandomModel model, bool int8)
    {
        string path = Path.Combine(model.Folder, int8 ? "int8.onnx" : "fp32.onnx");
        if (!File.Exists(path))
        {
            var onnx = new OnnxModel(model, int8);
            onnx.WriteGraph();
            onnx.Save(path);
        }

        return path;
    }

    private void Save(string path)
    {
        var file = new ProtobufWriter();
        file.Number(1, 8);
        file.Message(8, opset =>
        {
            opset.Text(1, "");
            opset.Number(2, 17);
        });
        file.Message(7, graph => graph.Append(_graph));
        file.Save(path);
    }

    private void WriteGraph()
    {
        _graph.Text(2, "bert");
        Input("input_ids");
        Input("attention_mask");
        string states = Embed();
        string mask = Mask();
        for (int i = 0; i < _model.Layers; i++)
        {
            states = Layer($"encoder.layer.{i}", states, mask);
        }

        Node("Identity", [states], "hidden");
        _graph.Message(12, output => ValueInfo(output, "hidden", FloatType, ["batch", "tokens", _model.Hidden]));
    }

    private string Embed()
    {
        string words = Node("Gather", [Tensor("embeddings.word_embeddings.weight", [_model.Vocabulary, _model.Hidden]), "input_ids"]);
        float[] positions = _model.Values("embeddings.position_embeddings.weight", [_model.Positions, _model.Hidden]);
        float[] types = _model.Values("embeddings.token_type_embeddings.weight", [2, _model.Hidden]);
        for (int i = 0; i < positions.Length; i++)
        {
            positions[i] += types[i % _model.Hidden];
        }

        string shape = Node("Shape", ["input_ids"]);
        string tokens = Node("Slice", [shape, Longs([1]), Longs([2])]);
        string used = Node("Slice", [Floats(positions, [_model.Positions, _model.Hidden]), Longs([0]), tokens, Longs([0])]);
        return Norm("embeddings", Node("Add", [words, used]));
    }

    private string Mask()
    {
        string wide = Node("Unsqueeze", ["attention_mask", Longs([1, 2])]);
        string floats = Node("Cast", [wide], attributes: [("to", FloatType)]);
        return Node("Mul", [Node("Sub", [Floats([1], []), floats]), Floats([-1e9f], [])]);
    }

    private string Layer(string name, string states, string mask)
    {
        int size = _model.Hidden / _model.Heads;
        string shape = Longs([0, 0, _model.Heads, size]);
        string Head(string part, long[] order) =>
            Node("Transpose", [Node("Reshape", [Linear($"{name}.attention.self.{part}", states, _model.Hidden, _model.Hidden), shape])], lists: [("perm", order)]);
        string query = Head("query", [0, 2, 1, 3]), key = Head("key", [0, 2, 3, 1]), value = Head("value", [0, 2, 1, 3]);
        string scores = Node("Add", [Node("Div", [Node("MatMul", [query, key]), Floats([MathF.Sqrt(size)], [])]), mask]);
        string mixed = Node("MatMul", [Node("Softmax", [scores], attributes: [("axis", -1)]), value]);
        string context = Node("Reshape", [Node("Transpose", [mixed], lists: [("perm", [0, 2, 1, 3])]), Longs([0, 0, _model.Hidden])]);
        string attended = Norm($"{name}.attention.output", Node("Add", [Linear($"{name}.attention.output.dense", context, _model.Hidden, _model.Hidden), states]));
        string wide = Gelu(Linear($"{name}.intermediate.dense", attended, _model.Intermediate, _model.Hidden));
        return Norm($"{name}.output", Node("Add", [Linear($"{name}.output.dense", wide, _model.Hidden, _model.Intermediate), attended]));
    }

    private string Gelu(string x)
    {
        string erf = Node("Erf", [Node("Div", [x, Floats([MathF.Sqrt(2)], [])])]);
        return Node("Mul", [Node("Mul", [x, Node("Add", [erf, Floats([1], [])])]), Floats([0.5f], [])]);
    }

    private string Norm(string name, string x) => Node(
        "LayerNormalization",
        [x, Tensor($"{name}.LayerNorm.weight", [_model.Hidden]), Tensor($"{name}.LayerNorm.bias", [_model.Hidden])],
        attributes: [("axis", -1)],
        reals: [("epsilon", 1e-12f)]);

    private string Linear(string name, string x, int outputs, int inputs)
    {
        float[] weight = _model.Values($"{name}.weight", [outputs, inputs]);
        float[] turned = new float[weight.Length];
        for (int o = 0; o < outputs; o++)
        {
            for (int i = 0; i < inputs; i++)
            {
                turned[i * outputs + o] = weight[o * inputs + i];
            }
        }

        string product = _int8 ? Int8Product(x, turned, inputs, outputs) : Node("MatMul", [x, Floats(turned, [inputs, outputs])]);
        return Node("Add", [product, Tensor($"{name}.bias", [outputs])]);
    }

    private string Int8Product(string x, float[] weight, int inputs, int outputs)
    {
        float largest = weight.Max(MathF.Abs);
        sbyte[] codes = [.. weight.Select(w => (sbyte)MathF.Round(w / largest * 127))];
        string packed = Initializer(Int8Type, [inputs, outputs], MemoryMarshal.AsBytes(codes.AsSpan()));
        if (!_quantized.TryGetValue(x, out string? quantized))
        {
            _quantized[x] = quantized = $"{x}_q";
            Write("DynamicQuantizeLinear", [x], [quantized, quantized + "_scale", quantized + "_zero"], [], [], []);
        }

        string sums = Node("MatMulInteger", [quantized, packed, quantized + "_zero", Initializer(Int8Type, [], [0])]);
        string scale = Node("Mul", [quantized + "_scale", Floats([largest / 127], [])]);
        return Node("Mul", [Node("Cast", [sums], attributes: [("to", FloatType)]), scale]);
    }

    private void Input(string name) => _graph.Message(11, input => ValueInfo(input, name, Int64Type, ["batch", "tokens"]));

    private static void ValueInfo(ProtobufWriter info, string name, int type, object[] shape)
    {
        info.Text(1, name);
        info.Message(2, outer => outer.Message(1, tensor =>
        {
            tensor.Number(1, type);
            tensor.Message(2, dimensions =>
            {
                foreach (object size in shape)
                {
                    dimensions.Message(1, dimension =>
                    {
                        if (size is int number)
                        {
                            dimension.Number(1, number);
                        }
                        else
                        {
                            dimension.Text(2, (string)size);
                        }
                    });
                }
            });
        }));
    }

    private string Tensor(string name, int[] shape) => Floats(_model.Values(name, shape), shape);

    private string Floats(float[] values, int[] shape) => Initializer(FloatType, shape, MemoryMarshal.AsBytes(values.AsSpan()));

    private string Longs(long[] values) => Initializer(Int64Type, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()));

    private string Initializer(int type, int[] shape, ReadOnlySpan<byte> data)
    {
        string name = $"c{_names++}";
        byte[] copy = data.ToArray();
        _graph.Message(5, tensor =>
        {
            foreach (int size in shape)
            {
                tensor.Number(1, size);
            }

            tensor.Number(2, type);
            tensor.Text(8, name);
            tensor.Bytes(9, copy);
        });
        return name;
    }

    private string Node(
        string type, string[] inputs, string? output = null, (string, long)[]? attributes = null, (string, long[])[]? lists = null, (string, float)[]? reals = null)
    {
        output ??= $"v{_names++}";
        Write(type, inputs, [output], attributes ?? [], lists ?? [], reals ?? []);
        return output;
    }

    private void Write(string type, string[] inputs, string[] outputs, (string, long)[] attributes, (string, long[])[] lists, (string, float)[] reals) =>
        _graph.Message(1, node =>
        {
            foreach (string input in inputs)
            {
                node.Text(1, input);
            }

            foreach (string output in outputs)
            {
                node.Text(2, output);
            }

            node.Text(3, $"n{_names++}");
            node.Text(4, type);
            foreach ((string name, long value) in attributes)
            {
                Attribute(node, name, 2, a => a.Number(3, value));
            }

            foreach ((string name, long[] values) in lists)
            {
                Attribute(node, name, 7, a => Array.ForEach(values, v => a.Number(8, v)));
            }

            foreach ((string name, float value) in reals)
            {
                Attribute(node, name, 1, a => a.Float(2, value));
            }
        });

    private static void Attribute(ProtobufWriter node, string name, int type, Action<ProtobufWriter> value) => node.Message(5, attribute =>
    {
        attribute.Text(1, name);
        value(attribute);
        attribute.Number(20, type);
    });
}
