namespace Afterimage.Tools.WordVectors;

/// <summary>
/// Tunes word vectors so that texts that mean the same have near sums: each text of a batch must find its partner among all others of the batch
/// (softmax over cosines in both directions; Wieting et al. 2016 for the averaging, van den Oord et al. 2018 for the loss). Partners are captions of one
/// photo, and prompts against themselves with words dropped or replaced by WordNet synonyms.
/// </summary>
internal sealed class PairTuner(float[][] vectors, int dimensions)
{
    private const int Batch = 256;
    private const float Temperature = 0.06f;
    private const float LearningRate = 0.03f;
    private const float Pull = 0.0004f;

    private readonly float[][] _start = [.. vectors.Select(v => v.ToArray())];
    private readonly float[] _squares = new float[vectors.Length];

    /// <summary>One pass over the pairs, in the order given. Returns the mean loss.</summary>
    public double Epoch(IReadOnlyList<(int[] A, int[] B)> pairs)
    {
        double loss = 0;
        int batches = 0;
        for (int at = 0; at + Batch <= pairs.Count; at += Batch, batches++)
        {
            loss += Step([.. pairs.Skip(at).Take(Batch)]);
        }

        return loss / Math.Max(batches, 1);
    }

    private double Step((int[] A, int[] B)[] pairs)
    {
        var left = new Side(vectors, dimensions, [.. pairs.Select(p => p.A)]);
        var right = new Side(vectors, dimensions, [.. pairs.Select(p => p.B)]);
        float[][] similarity = [.. pairs.Select(_ => new float[Batch])];
        Parallel.For(0, Batch, i =>
        {
            for (int j = 0; j < Batch; j++)
            {
                similarity[i][j] = FixedOrder.Dot(left.Units[i], right.Units[j]) / Temperature;
            }
        });
        double loss = 0;
        float[][] gradient = [.. pairs.Select(_ => new float[Batch])];
        for (int i = 0; i < Batch; i++)
        {
            loss += Softmax(i, j => similarity[i][j], (j, g) => gradient[i][j] += g);
            loss += Softmax(i, j => similarity[j][i], (j, g) => gradient[j][i] += g);
        }

        Parallel.For(0, Batch, i =>
        {
            for (int j = 0; j < Batch; j++)
            {
                FixedOrder.Add(right.Units[j], gradient[i][j] / Temperature, left.Gradients[i]);
                FixedOrder.Add(left.Units[j], gradient[j][i] / Temperature, right.Gradients[i]);
            }
        });
        Apply(left, right);
        return loss / (2 * Batch);
    }

    private static double Softmax(int target, Func<int, float> value, Action<int, float> addGradient)
    {
        float max = float.MinValue;
        for (int j = 0; j < Batch; j++)
        {
            max = Math.Max(max, value(j));
        }

        double sum = 0;
        for (int j = 0; j < Batch; j++)
        {
            sum += Math.Exp(value(j) - max);
        }

        for (int j = 0; j < Batch; j++)
        {
            addGradient(j, (float)((Math.Exp(value(j) - max) / sum) - (j == target ? 1 : 0)));
        }

        return Math.Log(sum) + max - value(target);
    }

    // Adagrad with one rate a word, and a pull to where the word came from: rare words keep what the whole corpus said.
    private void Apply(Side left, Side right)
    {
        var steps = new SortedDictionary<int, float[]>();
        left.Spread(steps);
        right.Spread(steps);
        foreach ((int word, float[] step) in steps)
        {
            FixedOrder.Add(vectors[word], Pull, step);
            FixedOrder.Add(_start[word], -Pull, step);
            _squares[word] += FixedOrder.Dot(step, step) / dimensions;
            FixedOrder.Add(step, -LearningRate / (MathF.Sqrt(_squares[word]) + 1e-6f), vectors[word]);
        }
    }

    private sealed class Side
    {
        private readonly int[][] _texts;
        private readonly float[] _norms;
        private readonly int _dimensions;

        public Side(float[][] vectors, int dimensions, int[][] texts)
        {
            (_texts, _norms, _dimensions) = (texts, new float[texts.Length], dimensions);
            Units = [.. texts.Select(_ => new float[dimensions])];
            Gradients = [.. texts.Select(_ => new float[dimensions])];
            Parallel.For(0, texts.Length, i =>
            {
                foreach (int word in texts[i])
                {
                    FixedOrder.Add(vectors[word], 1, Units[i]);
                }

                _norms[i] = FixedOrder.Normalize(Units[i]);
            });
        }

        public float[][] Units { get; }

        public float[][] Gradients { get; }

        public void Spread(SortedDictionary<int, float[]> steps)
        {
            for (int i = 0; i < _texts.Length; i++)
            {
                if (_norms[i] <= 0)
                {
                    continue;
                }

                // Through the normalisation: only what is across the vector turns it.
                float along = FixedOrder.Dot(Gradients[i], Units[i]);
                FixedOrder.Add(Units[i], -along, Gradients[i]);
                FixedOrder.Scale(Gradients[i], 1 / _norms[i]);
                foreach (int word in _texts[i])
                {
                    if (!steps.TryGetValue(word, out float[]? step))
                    {
                        steps[word] = step = new float[_dimensions];
                    }

                    FixedOrder.Add(Gradients[i], 1, step);
                }
            }
        }
    }
}
