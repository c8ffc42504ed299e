using System.Collections;
using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>
/// What the inputs of every dense layer look like, over a few texts in floats: the centres and outliers of the 8-bit layers. Two layers at a time are in
/// memory.
/// </summary>
internal static class InputProfiles
{
    /// <summary>Means are rounded to multiples of 1 over this, so that machines whose floats differ in the last bits get the same.</summary>
    private const float Steps = 1024;

    /// <summary>One profile per dense layer, in the order of <see cref="DenseShape.All"/>, and the mean-pooled vectors of the texts.</summary>
    public static (InputProfile[] Profiles, float[] Vectors) Measure(BertModelFolder folder, DenseKernel kernel, int[][] texts)
    {
        BertConfig config = folder.Config;
        var checkpoint = BertCheckpoint.Open(folder.WeightsPath);
        var layers = new ObservedLayers(config, checkpoint, kernel);
        using var weights = new BertWeights(config, checkpoint, layers);
        using var alone = new WorkTeam(1);
        using var pass = new ForwardPass(config, weights, Pooling.Mean, kernel, alone);
        float[] vectors = new float[texts.Length * config.Hidden];
        pass.Encode([.. texts.SelectMany(t => t)], [.. texts.Select(t => t.Length)], vectors);
        return ([.. layers.Observed.Select(dense => dense.Profile())], vectors);
    }

    /// <summary>Layers in floats that are made when the pass comes to them and dropped when it has gone by.</summary>
    private sealed class ObservedLayers(BertConfig config, BertCheckpoint checkpoint, DenseKernel kernel) : IReadOnlyList<BertLayer>
    {
        private readonly SortedDictionary<int, BertLayer> _loaded = [];

        public List<ObservedDense> Observed { get; } = [];

        public int Count => config.Layers;

        public BertLayer this[int index]
        {
            get
            {
                if (!_loaded.TryGetValue(index, out BertLayer? layer))
                {
                    if (_loaded.Remove(index - 2, out BertLayer? passed))
                    {
                        passed.Dispose();
                    }

                    DenseShape[] shapes = DenseShape.All(config)[(index * DenseShape.PerLayer)..((index + 1) * DenseShape.PerLayer)];
                    ObservedDense[] dense = [.. BertWeights.LoadFp32(shapes, checkpoint, kernel).Select(d => new ObservedDense(d))];
                    Observed.AddRange(dense);
                    _loaded[index] = layer = BertWeights.Layer(config, checkpoint, index, dense);
                }

                return layer;
            }
        }

        /// <summary>Those that are loaded now.</summary>
        public IEnumerator<BertLayer> GetEnumerator() => _loaded.Values.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>A layer that adds up what it is given. One thread.</summary>
    private sealed unsafe class ObservedDense(DenseLayer inner) : DenseLayer(inner.Inputs, inner.Outputs, inner.PanelWidth)
    {
        private readonly double[] _sums = new double[inner.Inputs], _squares = new double[inner.Inputs];
        private int _rows;

        public InputProfile Profile()
        {
            double[] means = [.. _sums.Select(sum => sum / _rows)];
            double[] variances = [.. _squares.Select((sum, i) => sum / _rows - means[i] * means[i])];
            return new InputProfile([.. means.Select(mean => MathF.Round((float)mean * Steps) / Steps)], OutlierColumns.Find(variances));
        }

        public override void Prepare(float* values, in Activations activations, int row, float* scratch)
        {
            _rows++;
            for (int i = 0; i < _sums.Length; i++)
            {
                _sums[i] += values[i];
                _squares[i] += (double)values[i] * values[i];
            }
        }

        public override void Multiply(in Activations activations, int rows, int from, int to, float* outputs, nint outputStride) =>
            inner.Multiply(activations, rows, from, to, outputs, outputStride);

        public override void Dispose() => inner.Dispose();
    }
}
