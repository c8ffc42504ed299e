using Afterimage.Text.Bert;

namespace Afterimage.Bench.Encoder;

/// <summary>Cosine of the 8-bit vectors to the floats' over 200 texts of mixed length, on random models of real size however they are drawn.</summary>
internal static class Agreement
{
    private const int Texts = 200;

    public static Task<int> RunAsync(bool json)
    {
        foreach (RandomModel size in (RandomModel[])[RandomModel.Base, RandomModel.Small])
        {
            foreach (Initialization initialization in Initialization.All)
            {
                RandomModel model = size with { Initialization = initialization };
                bool kept = Directory.Exists(model.Folder);
                model.Write();
                Compare(model, json);
                if (!kept)
                {
                    Directory.Delete(model.Folder, recursive: true);
                }
            }
        }

        return Task.FromResult(0);
    }

    private static void Compare(RandomModel model, bool json)
    {
        foreach (Pooling pooling in Enum.GetValues<Pooling>())
        {
            BertModelFolder folder = BertModelFolder.Open(model.Folder);
            using BertEncoder ours8 = BertEncoder.Load(folder, pooling, Precision.Int8), ours32 = BertEncoder.Load(folder, pooling, Precision.Fp32);
            var random = new Random(5);
            double[] cosines = [.. Enumerable.Range(0, Texts).Select(_ =>
            {
                int[] ids = [101, .. Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(1000, 30000)), 102];
                float[] a = new float[model.Hidden], b = new float[model.Hidden];
                ours8.Encode(ids, [ids.Length], a);
                ours32.Encode(ids, [ids.Length], b);
                return a.Zip(b).Sum(p => (double)p.First * p.Second);
            })];
            string of = $"encoder {model.Name} {model.Initialization.Name} {pooling.ToString().ToLowerInvariant()} cosine of int8 to fp32";
            new Measurement($"{of}, mean of {Texts}", "", cosines.Average(), null, "higher", 0.999).Print(json);
            new Measurement($"{of}, worst of {Texts}", "", cosines.Min(), null, "higher", 0.995).Print(json);
        }
    }
}
