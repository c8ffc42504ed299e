using Afterimage.Text.Bert;

namespace Afterimage.Bench.Encoder;

/// <summary>
/// Cosine of the 8-bit vectors to the floats' over 200 texts of mixed length, on random models of real size however they are drawn; beside it, as a measure of how
/// sensitive the model is, the cosine that the same model has in floats when its weights are stored as bfloat16.
/// </summary>
internal static class Agreement
{
    private const int Texts = 200;

    public static Task<int> RunAsync(bool json)
    {
        foreach (RandomModel size in (RandomModel[])[RandomModel.Base, RandomModel.Small])
        {
            foreach (Initialization initialization in Initialization.All)
            {
                Compare(size with { Initialization = initialization }, json);
            }
        }

        return Task.FromResult(0);
    }

    private static void Compare(RandomModel model, bool json)
    {
        RandomModel rounded = model with { Rounded = true };
        bool kept = Directory.Exists(model.Folder);
        model.Write();
        rounded.Write();
        foreach (Pooling pooling in Enum.GetValues<Pooling>())
        {
            float[][] floats = Encode(model, pooling, Precision.Fp32, out _);
            string of = $"encoder {model.Name} {model.Initialization.Name} {pooling.ToString().ToLowerInvariant()} cosine to fp32";
            double[] bfloat16 = Cosines(floats, Encode(rounded, pooling, Precision.Fp32, out _));
            double[] int8 = Cosines(floats, Encode(model, pooling, Precision.Int8, out string? refusal));
            string how = refusal is null ? "int8" : "int8 refused";
            new Measurement($"{of}, {how}, mean of {Texts}", "", int8.Average(), null, "higher", 0.999).Print(json);
            new Measurement($"{of}, {how}, worst of {Texts}", "", int8.Min(), null, "higher", 0.995).Print(json);
            new Measurement($"{of}, weights as bfloat16, mean of {Texts}", "", bfloat16.Average(), null, "higher", null).Print(json);
            new Measurement($"{of}, weights as bfloat16, worst of {Texts}", "", bfloat16.Min(), null, "higher", null).Print(json);
            if (refusal is not null)
            {
                Console.Error.WriteLine($"{model.Name} {model.Initialization.Name} is {refusal}");
            }
        }

        Directory.Delete(rounded.Folder, recursive: true);
        if (!kept)
        {
            Directory.Delete(model.Folder, recursive: true);
        }
    }

    private static float[][] Encode(RandomModel model, Pooling pooling, Precision precision, out string? refusal)
    {
        using BertEncoder encoder = BertEncoder.Load(BertModelFolder.Open(model.Folder), pooling, precision);
        refusal = encoder.Int8Refusal;
        var random = new Random(5);
        return [.. Enumerable.Range(0, Texts).Select(_ =>
        {
            int[] ids = [101, .. Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(1000, 30000)), 102];
            float[] vector = new float[model.Hidden];
            encoder.Encode(ids, [ids.Length], vector);
            return vector;
        })];
    }

    private static double[] Cosines(float[][] a, float[][] b) => [.. a.Zip(b, (x, y) => x.Zip(y).Sum(p => (double)p.First * p.Second))];
}
