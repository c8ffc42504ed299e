using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>
/// A model in memory: the layers packed, positions in floats, word embeddings read row by row from the mapped checkpoint, so that only the rows of words
/// that occur ever become resident.
/// </summary>
internal sealed class BertWeights : IDisposable
{
    private readonly BertCheckpoint _checkpoint;

    /// <param name="config">Sizes.</param>
    /// <param name="checkpoint">Kept open for the word embeddings; disposed with this.</param>
    /// <param name="layers">Disposed with this.</param>
    public BertWeights(BertConfig config, BertCheckpoint checkpoint, IReadOnlyList<BertLayer> layers)
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

    public Precision Precision { get; private init; } = Precision.Fp32;

    /// <summary>Set where 8 bits were asked for and do not serve this model, so that the layers are in floats all the same.</summary>
    public Int8Agreement? Refused { get; private init; }

    public IReadOnlyList<BertLayer> Layers { get; }

    /// <summary>The checkpoint's fingerprint.</summary>
    public byte[] Fingerprint => _checkpoint.Fingerprint();

    /// <summary>Reads the embedding of a token id.</summary>
    public Action<int, Span<float>> WordRow { get; }

    /// <summary>Position embeddings, the embedding of token type 0 added to each.</summary>
    public float[] Positions { get; }

    public VectorParameters EmbeddingNorm { get; }

    public static BertWeights Load(BertModelFolder folder, Precision precision, DenseKernel kernel)
    {
        BertConfig config = folder.Config;
        Int8Agreement? refused = null;
        BertLayer[] layers;
        using (BertCheckpoint checkpoint = BertCheckpoint.Open(folder.WeightsPath))
        {
            DenseLayer[]? dense = null;
            if (precision == Precision.Int8)
            {
                (Int8Weights[] weights, Int8Agreement agreement) = Int8File.Open(folder, checkpoint, kernel);
                (dense, refused) = agreement.IsEnough ? (InInt8(weights, kernel), (Int8Agreement?)null) : (null, agreement);
            }

            layers = LayersOf(config, checkpoint, dense ?? LoadFp32(DenseShape.All(config), checkpoint, kernel));
        }

        // Opened anew: what packing has touched of the first mapping is not resident any more.
        return new BertWeights(config, BertCheckpoint.Open(folder.WeightsPath), layers)
        {
            Precision = refused is null ? precision : Precision.Fp32,
            Refused = refused,
        };
    }

    /// <summary>The layers of their dense ones.</summary>
    public static BertLayer[] LayersOf(BertConfig config, BertCheckpoint checkpoint, DenseLayer[] dense) =>
        [.. dense.Chunk(DenseShape.PerLayer).Select((d, i) => Layer(config, checkpoint, i, d))];

    public static DenseLayer[] InInt8(Int8Weights[] weights, DenseKernel kernel) => [.. weights.Select(w => new Int8Dense(kernel, w))];

    /// <summary>One layer of its dense ones.</summary>
    public static BertLayer Layer(BertConfig config, BertCheckpoint checkpoint, int index, DenseLayer[] dense) => new(
        dense[0],
        dense[1],
        new VectorParameters(checkpoint.LayerNorm($"encoder.layer.{index}.attention.output", config.Hidden)),
        dense[2],
        dense[3],
        new VectorParameters(checkpoint.LayerNorm($"encoder.layer.{index}.output", config.Hidden)));

    public void Dispose()
    {
        foreach (BertLayer layer in Layers)
        {
            layer.Dispose();
        }

        EmbeddingNorm.Dispose();
        _checkpoint.Dispose();
    }

    public static unsafe DenseLayer[] LoadFp32(DenseShape[] shapes, BertCheckpoint checkpoint, DenseKernel kernel)
    {
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
