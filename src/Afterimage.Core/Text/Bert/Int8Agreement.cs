using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>
/// How near a model's 8-bit vectors come to its floats', as cosines over <see cref="CalibrationTexts"/> with mean pooling. Measured when the weights are packed,
/// because it depends on the model: where a layer makes much of a small difference, rounding changes the result.
/// </summary>
internal readonly record struct Int8Agreement(float Mean, float Worst)
{
    private const float MeanMin = 0.9990f, WorstMin = 0.9970f;

    /// <summary>Whether 8 bits serve this model; otherwise it runs in floats.</summary>
    public bool IsEnough => Mean >= MeanMin && Worst >= WorstMin;

    /// <param name="layers">Disposed.</param>
    /// <param name="expected">The floats' vectors.</param>
    public static Int8Agreement Measure(BertModelFolder folder, DenseKernel kernel, IReadOnlyList<BertLayer> layers, int[][] texts, float[] expected)
    {
        int hidden = folder.Config.Hidden;
        using var weights = new BertWeights(folder.Config, BertCheckpoint.Open(folder.WeightsPath), layers);
        using var pass = new ForwardPass(folder.Config, weights, Pooling.Mean, kernel, WorkTeam.Shared);
        float[] vectors = new float[texts.Length * hidden];
        pass.Encode([.. texts.SelectMany(t => t)], [.. texts.Select(t => t.Length)], vectors);
        float[] cosines = [.. vectors.Chunk(hidden).Zip(expected.Chunk(hidden), (a, b) => (float)a.Zip(b).Sum(pair => (double)pair.First * pair.Second))];
        return new Int8Agreement(cosines.Average(), cosines.Min());
    }
}
