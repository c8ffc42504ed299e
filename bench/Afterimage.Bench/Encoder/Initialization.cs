namespace Afterimage.Bench.Encoder;

/// <summary>How a <see cref="RandomModel"/> is drawn. The wider its weights, the more a layer makes of a small difference, such as that of rounding to 8 bits.</summary>
/// <param name="Name">For reports and folders.</param>
/// <param name="Weights">Standard deviation of a weight of a linear layer times the root of its inputs; 0 for Hugging Face's 0.02 whatever the inputs.</param>
/// <param name="Words">Standard deviation of word embeddings.</param>
/// <param name="Rest">Standard deviation of biases and of layer-norm gains, around 1.</param>
/// <param name="OutlierGain">Factor on four gains of every layer norm, as trained models have some far above the others.</param>
internal sealed record Initialization(string Name, float Weights, float Words, float Rest, float OutlierGain)
{
    /// <summary>As Hugging Face initialises a BERT model before training.</summary>
    public static Initialization HuggingFace { get; } = new("hf", 0, 0.02f, 0, 1);

    /// <summary>Moderate weights, strong outliers: the model that speed is measured on.</summary>
    public static Initialization Outliers { get; } = new("outliers", 0.55f, 0.05f, 0.1f, 8);

    /// <summary>Weights that keep the size of what they are given, strong outliers.</summary>
    public static Initialization EvenOutliers { get; } = new("even-outliers", 1, 0.5f, 0.1f, 8);

    /// <summary>As the small models of the shared test data are drawn: every layer makes 1.5 times as much of its input.</summary>
    public static Initialization Wide { get; } = new("wide", 1.5f, 0.5f, 0.1f, 1);

    /// <summary>Both: harsher than any trained model.</summary>
    public static Initialization WideOutliers { get; } = new("wide-outliers", 1.5f, 0.5f, 0.1f, 8);

    public static IReadOnlyList<Initialization> All { get; } = [HuggingFace, Outliers, EvenOutliers, Wide, WideOutliers];

    /// <summary>The standard deviation of a tensor's numbers.</summary>
    public float Spread(string name, int inputs) =>
        name.Contains("LayerNorm", StringComparison.Ordinal) || name.EndsWith("bias", StringComparison.Ordinal) ? Rest
        : name.Contains("word_embeddings", StringComparison.Ordinal) ? Words
        : name.Contains("position_embeddings", StringComparison.Ordinal) ? Words * 0.4f
        : name.Contains("token_type", StringComparison.Ordinal) ? Words * 0.2f
        : Weights > 0 ? Weights / MathF.Sqrt(inputs) : 0.02f;
}
