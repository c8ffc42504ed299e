using Afterimage.Text.Bert;
using Afterimage.Text.Bert.Kernels;
using Afterimage.Text.Tokenizers;
using Xunit;

namespace Afterimage.Tests.Text.Bert;

public sealed class BertEncoderTests
{
    public static TheoryData<string, Pooling, string> Models()
    {
        var data = new TheoryData<string, Pooling, string>();
        foreach (string model in (string[])["fixture", "tiny-f32", "tiny-bf16"])
        {
            foreach (Pooling pooling in Enum.GetValues<Pooling>())
            {
                foreach (DenseKernel kernel in TestedKernels.All)
                {
                    data.Add(model, pooling, kernel.Name);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void In_floats_every_component_is_that_of_the_independent_implementation(string model, Pooling pooling, string kernel)
    {
        (List<GoldenEmbeddings> golden, float[][] vectors) = Encode(model, pooling, Precision.Fp32, kernel);
        float worst = golden.Zip(vectors).Max(p => p.First.Vector(pooling).Zip(p.Second).Max(c => MathF.Abs(c.First - c.Second)));
        Assert.True(worst <= 5e-6f, $"largest difference {worst}");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void In_8_bits_the_vectors_point_the_same_way(string model, Pooling pooling, string kernel)
    {
        (List<GoldenEmbeddings> golden, float[][] vectors) = Encode(model, pooling, Precision.Int8, kernel);
        double[] cosines = [.. golden.Zip(vectors).Select(p => p.First.Vector(pooling).Zip(p.Second).Sum(c => (double)c.First * c.Second))];
        Assert.True(cosines.Average() >= 0.999 && cosines.Min() >= 0.995, $"cosine {cosines.Average():0.00000} on average, {cosines.Min():0.00000} at worst");
    }

    private static (List<GoldenEmbeddings> Golden, float[][] Vectors) Encode(string model, Pooling pooling, Precision precision, string kernel)
    {
        string folder = model == "fixture" ? GoldenEmbeddings.FixtureFolder : Repository.SharedData($"encoder/{model}");
        WordPieceTokenizer tokenizer = model == "fixture" ? TokenizerFiles.Load(folder) : TokenizerFiles.LoadVocabulary(Repository.SharedData("tokenizer/vocab.txt"));
        BertModelFolder opened = BertModelFolder.Open(folder);
        using BertEncoder encoder = BertEncoder.Load(opened, pooling, precision, TestedKernels.Named(kernel), WorkTeam.Shared);
        Assert.Equal(precision, encoder.Precision);
        List<GoldenEmbeddings> golden = GoldenEmbeddings.Read(Path.Combine(folder, "golden.jsonl"));
        int[][] ids = [.. golden.Select(g => tokenizer.Encode(g.Text, opened.TokensMax))];
        int hidden = opened.Config.Hidden;
        float[] vectors = new float[golden.Count * hidden];
        encoder.Encode([.. ids.SelectMany(i => i)], [.. ids.Select(i => i.Length)], vectors);
        return (golden, [.. vectors.Chunk(hidden)]);
    }
}
