using Afterimage.Text.Safetensors;

namespace Afterimage.Text.Bert;

/// <summary>
/// The weights of a BERT model by their names in Hugging Face's implementation, whatever prefix the checkpoint puts before them and whether it
/// calls the layer norm's parameters weight and bias or, as old ones do, gamma and beta. The pooler and stored position ids are not used.
/// </summary>
internal sealed class BertCheckpoint : IDisposable
{
    private const string WordEmbeddings = "embeddings.word_embeddings.weight";

    private readonly SafetensorsFile _file;
    private readonly string _path;
    private readonly string _prefix;

    private BertCheckpoint(SafetensorsFile file, string path, string prefix) => (_file, _path, _prefix) = (file, path, prefix);

    /// <exception cref="InvalidDataException">Not a safetensors file, or not of a BERT model.</exception>
    public static BertCheckpoint Open(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        string? anchor = file.Tensors.Keys.Where(n => n == WordEmbeddings || n.EndsWith("." + WordEmbeddings, StringComparison.Ordinal)).MinBy(n => n.Length);
        if (anchor is null)
        {
            file.Dispose();
            throw new InvalidDataException($"{path} has no tensor {WordEmbeddings}: not a BERT model");
        }

        return new BertCheckpoint(file, path, anchor[..^WordEmbeddings.Length]);
    }

    /// <summary>Tells this file from others that stood at its path: its length and header, and samples of its data.</summary>
    public byte[] Fingerprint() => _file.Fingerprint();

    /// <summary>One linear layer: y = x·Wᵀ + b, the weight being outputs × inputs.</summary>
    public (float[] Weight, float[] Bias) Linear(string name, int outputs, int inputs) =>
        (Read(name + ".weight", outputs, inputs), Read(name + ".bias", outputs));

    public (float[] Gain, float[] Bias) LayerNorm(string name, int size) => Exists(name + ".LayerNorm.weight")
        ? (Read(name + ".LayerNorm.weight", size), Read(name + ".LayerNorm.bias", size))
        : (Read(name + ".LayerNorm.gamma", size), Read(name + ".LayerNorm.beta", size));

    /// <summary>A whole weight, outputs x inputs, into memory of the caller's.</summary>
    /// <exception cref="InvalidDataException">Missing, or of another shape or type.</exception>
    public void ReadInto(string name, int outputs, int inputs, Span<float> destination) => _file.Read(Find(name, [outputs, inputs]), 0, destination);

    /// <summary>A whole tensor.</summary>
    /// <exception cref="InvalidDataException">Missing, or of another shape or type.</exception>
    public float[] Read(string name, params ReadOnlySpan<int> shape)
    {
        SafetensorsTensor tensor = Find(name, shape);
        float[] values = new float[tensor.Elements];
        _file.Read(tensor, 0, values);
        return values;
    }

    /// <summary>The first row of a table with any number of rows.</summary>
    public float[] FirstRow(string name, int columns)
    {
        SafetensorsTensor tensor = _file.Tensors.GetValueOrDefault(_prefix + name) ?? throw new InvalidDataException($"{_path} has no tensor {_prefix}{name}");
        if (tensor.Shape is not [>= 1, var width] || width != columns)
        {
            throw new InvalidDataException($"{_path}: tensor {tensor.Name} does not have rows of {columns}");
        }

        float[] values = new float[columns];
        _file.Read(tensor, 0, values);
        return values;
    }

    /// <summary>A table of which rows are read one at a time, straight from the mapped file.</summary>
    public Action<int, Span<float>> Rows(string name, int rows, int columns)
    {
        SafetensorsTensor tensor = Find(name, [rows, columns]);
        return (row, destination) => _file.Read(tensor, (long)row * columns, destination);
    }

    public void Dispose() => _file.Dispose();

    private bool Exists(string name) => _file.Tensors.ContainsKey(_prefix + name);

    private SafetensorsTensor Find(string name, ReadOnlySpan<int> shape)
    {
        if (!_file.Tensors.TryGetValue(_prefix + name, out SafetensorsTensor? tensor))
        {
            throw new InvalidDataException($"{_path} has no tensor {_prefix}{name}");
        }

        bool same = tensor.Shape.Count == shape.Length;
        for (int i = 0; same && i < shape.Length; i++)
        {
            same = tensor.Shape[i] == shape[i];
        }

        return same ? tensor : throw new InvalidDataException(
            $"{_path}: tensor {tensor.Name} has the shape [{string.Join(", ", tensor.Shape)}] where config.json asks for [{string.Join(", ", shape.ToArray())}]");
    }
}
