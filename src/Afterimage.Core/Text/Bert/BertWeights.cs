using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>
/// A model in memory: the layers packed, positions in floats, word embeddings read row by row from the mapped checkpoint, so that only the rows of words
/// that occur ever become resident.
/// </summary>
internal sealed class BertWeights : IDisposable
{
    private readonly BertCheckpoint _checkpoint;

    private BertWeights(BertConfig config, BertCheckpoint checkpoint, BertLayer[] layers)
    {
        (_checkpoint, Layers) = (checkpoint, layers);
        WordRow = checkpoint.Rows("embeddings.word_embeddings.weight", config.Vocabulary, config.Hidden);
        Positions = checkpoint.Read("embeddings.position_embeddings.weight", config.Positions, config.Hidden);
        float[] type = checkpoint.FirstRow("embeddings.token_type_embeddings.weight", config.Hidden);
        for (int i = 0; i < Positions.Length; i++)
        {
            Positions[i] += type[i % type.Length];
        }

        EmbeddingNorm = new VectorParameters(checkpoint.LayerNorm("embeddings", config.Hidden));
    }

    public BertLayer[] Layers { get; }

    /// <summary>The checkpoint's fingerprint.</summary>
    public byte[] Fingerprint => _checkpoint.Fingerprint();

    /// <summary>Reads the embedding of a token id.</summary>
    public Action<int, Span<float>> WordRow { get; }

    /// <summary>Position embeddings, the embedding of token type 0 added to each.</summary>
    public float[] Positions { get; }

    public VectorParameters EmbeddingNorm { get; }

    public static BertWeights Load(string folder, BertConfig config, Precision precision, DenseKernel kernel)
    {
        string path = Path.Combine(folder, BertModelFolder.WeightsName);
        BertLayer[] layers;
        using (BertCheckpoint checkpoint = BertCheckpoint.Open(path))
        {
            DenseLayer[] dense = precision == Precision.Int8 ? LoadInt8(folder, config, checkpoint, kernel) : LoadFp32(config, checkpoint, kernel);
            layers = [.. Enumerable.Range(0, config.Layers).Select(i => new BertLayer(
                dense[i * DenseShape.PerLayer],
                dense[i * DenseShape.PerLayer + 1],
                new VectorParameters(checkpoint.LayerNorm($"encoder.layer.{i}.attention.output", config.Hidden)),
                dense[i * DenseShape.PerLayer + 2],
                dense[i * DenseShape.PerLayer + 3],
                new VectorParameters(checkpoint.LayerNorm($"encoder.layer.{i}.output", config.Hidden))))];
        }

        // Opened anew: what packing has touched of the first mapping is not resident any more.
        return new BertWeights(config, BertCheckpoint.Open(path), layers);
    }

    public void Dispose()
    {
        foreach (BertLayer layer in Layers)
        {
            layer.Dispose();
        }

        EmbeddingNorm.Dispose();
        _checkpoint.Dispose();
    }

    private static DenseLayer[] LoadInt8(string folder, BertConfig config, BertCheckpoint checkpoint, DenseKernel kernel) =>
        [.. Int8File.Open(folder, config, checkpoint).Zip(DenseShape.All(config), (w, shape) => new Int8Dense(kernel, w, shape.ReadBias(checkpoint)))];

    private static unsafe DenseLayer[] LoadFp32(BertConfig config, BertCheckpoint checkpoint, DenseKernel kernel)
    {
        DenseShape[] shapes = DenseShape.All(config);
        var dense = new DenseLayer[shapes.Length];
        DenseShape.ForEach(shapes, i =>
        {
            DenseShape shape = shapes[i];
            using var weight = new NativeBuffer((long)shape.Inputs * shape.Outputs * sizeof(float));
            var values = new Span<float>(weight.Floats, shape.Inputs * shape.Outputs);
            shape.ReadWeight(checkpoint, values);
            dense[i] = new Fp32Dense(kernel, values, shape.ReadBias(checkpoint), shape.Inputs);
        });
        return dense;
    }
}
