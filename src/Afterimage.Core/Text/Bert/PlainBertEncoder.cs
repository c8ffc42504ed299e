namespace Afterimage.Text.Bert;

/// <summary>
/// BERT's forward pass written for reading: one text, one thread, sums in double precision. The oracle that every fast path is tested against;
/// the program never runs it.
/// </summary>
internal sealed class PlainBertEncoder(BertConfig config, BertCheckpoint checkpoint)
{
    private readonly int _hidden = config.Hidden;
    private readonly (float[] Weight, float[] Bias) _embeddingNorm = checkpoint.LayerNorm("embeddings", config.Hidden);
    private readonly Layer[] _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Layer(config, checkpoint, $"encoder.layer.{i}"))];

    /// <summary>The unit vector of a text, given its token ids.</summary>
    public float[] Encode(ReadOnlySpan<int> ids, Pooling pooling)
    {
        double[][] states = Embed(ids);
        foreach (Layer layer in _layers)
        {
            states = layer.Run(states);
        }

        double[] pooled = pooling == Pooling.Cls ? states[0]
            : [.. Enumerable.Range(0, _hidden).Select(i => states.Average(s => s[i]))];
        double norm = Math.Max(Math.Sqrt(pooled.Sum(x => x * x)), 1e-12);
        return [.. pooled.Select(x => (float)(x / norm))];
    }

    private double[][] Embed(ReadOnlySpan<int> ids)
    {
        Action<int, Span<float>> words = checkpoint.Rows("embeddings.word_embeddings.weight", config.Vocabulary, _hidden);
        Action<int, Span<float>> positions = checkpoint.Rows("embeddings.position_embeddings.weight", config.Positions, _hidden);
        float[] type = checkpoint.FirstRow("embeddings.token_type_embeddings.weight", _hidden);
        double[][] states = new double[ids.Length][];
        float[] word = new float[_hidden], position = new float[_hidden];
        for (int t = 0; t < ids.Length; t++)
        {
            words(ids[t], word);
            positions(t, position);
            states[t] = Normalize([.. Enumerable.Range(0, _hidden).Select(i => (double)word[i] + position[i] + type[i])], _embeddingNorm, config.LayerNormEpsilon);
        }

        return states;
    }

    private static double[] Normalize(double[] x, (float[] Gain, float[] Bias) norm, double epsilon)
    {
        double mean = x.Average();
        double variance = x.Average(v => (v - mean) * (v - mean));
        double scale = 1 / Math.Sqrt(variance + epsilon);
        return [.. x.Select((v, i) => (v - mean) * scale * norm.Gain[i] + norm.Bias[i])];
    }

    private static double[] Linear(double[] x, (float[] Weight, float[] Bias) layer)
    {
        double[] y = new double[layer.Bias.Length];
        for (int o = 0; o < y.Length; o++)
        {
            y[o] = layer.Bias[o];
            for (int i = 0; i < x.Length; i++)
            {
                y[o] += x[i] * layer.Weight[o * x.Length + i];
            }
        }

        return y;
    }

    private static double Gelu(double x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    /// <summary>The error function: its Maclaurin series where that converges fast, beyond it is 1 to within double precision of the tail's use here.</summary>
    internal static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
        {
            return Math.Sign(x);
        }

        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum) && n < 400; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private sealed class Layer(BertConfig config, BertCheckpoint checkpoint, string name)
    {
        private readonly (float[], float[]) _query = checkpoint.Linear($"{name}.attention.self.query", config.Hidden, config.Hidden);
        private readonly (float[], float[]) _key = checkpoint.Linear($"{name}.attention.self.key", config.Hidden, config.Hidden);
        private readonly (float[], float[]) _value = checkpoint.Linear($"{name}.attention.self.value", config.Hidden, config.Hidden);
        private readonly (float[], float[]) _attended = checkpoint.Linear($"{name}.attention.output.dense", config.Hidden, config.Hidden);
        private readonly (float[], float[]) _attentionNorm = checkpoint.LayerNorm($"{name}.attention.output", config.Hidden);
        private readonly (float[], float[]) _up = checkpoint.Linear($"{name}.intermediate.dense", config.Intermediate, config.Hidden);
        private readonly (float[], float[]) _down = checkpoint.Linear($"{name}.output.dense", config.Hidden, config.Intermediate);
        private readonly (float[], float[]) _outputNorm = checkpoint.LayerNorm($"{name}.output", config.Hidden);

        public double[][] Run(double[][] states)
        {
            double[][] context = Attend(states);
            return [.. states.Select((x, t) =>
            {
                double[] attended = Normalize(Sum(x, Linear(context[t], _attended)), _attentionNorm, config.LayerNormEpsilon);
                double[] widened = [.. Linear(attended, _up).Select(Gelu)];
                return Normalize(Sum(attended, Linear(widened, _down)), _outputNorm, config.LayerNormEpsilon);
            })];
        }

        private double[][] Attend(double[][] states)
        {
            double[][] queries = [.. states.Select(x => Linear(x, _query))];
            double[][] keys = [.. states.Select(x => Linear(x, _key))];
            double[][] values = [.. states.Select(x => Linear(x, _value))];
            double[][] context = [.. states.Select(_ => new double[config.Hidden])];
            for (int start = 0; start < config.Hidden; start += config.HeadSize)
            {
                Range head = start..(start + config.HeadSize);
                for (int t = 0; t < states.Length; t++)
                {
                    double[] scores = [.. keys.Select(k => Dot(queries[t].AsSpan()[head], k.AsSpan()[head]) / Math.Sqrt(config.HeadSize))];
                    double[] weights = [.. scores.Select(s => Math.Exp(s - scores.Max()))];
                    double total = weights.Sum();
                    for (int u = 0; u < states.Length; u++)
                    {
                        for (int i = start; i < start + config.HeadSize; i++)
                        {
                            context[t][i] += weights[u] / total * values[u][i];
                        }
                    }
                }
            }

            return context;
        }

        private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

        private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
        {
            double dot = 0;
            for (int i = 0; i < a.Length; i++)
            {
                dot += a[i] * b[i];
            }

            return dot;
        }
    }
}
