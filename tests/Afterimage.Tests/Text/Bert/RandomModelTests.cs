using Afterimage.Text.Bert;
using Afterimage.Text.Bert.Kernels;
using Xunit;

namespace Afterimage.Tests.Text.Bert;

/// <summary>The fast encoder against the plain one on models of every odd size and form.</summary>
public sealed class RandomModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("afterimage-bert-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<int, int, int, string> Sizes()
    {
        var data = new TheoryData<int, int, int, string>();
        foreach ((int hidden, int heads, int intermediate) in ((int, int, int)[])[(4, 1, 3), (10, 5, 7), (20, 4, 37), (36, 3, 65), (48, 6, 100), (64, 2, 128), (96, 12, 33), (130, 13, 259)])
        {
            foreach (DenseKernel kernel in TestedKernels.All)
            {
                data.Add(hidden, heads, intermediate, kernel.Name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Any_size_gives_what_the_plain_encoder_gives(int hidden, int heads, int intermediate, string kernel)
    {
        new RandomBert(hidden, heads, intermediate).Write(_folder, hidden);
        foreach (Pooling pooling in Enum.GetValues<Pooling>())
        {
            (double worst, _) = Compare(pooling, Precision.Fp32, kernel);
            Assert.True(worst < 5e-6, $"largest difference {worst}");
        }
    }

    [Theory]
    [InlineData("bert.", false, "F32", true)]
    [InlineData("", true, "F32", false)]
    [InlineData("model.bert.", true, "BF16", true)]
    [InlineData("", false, "F16", false)]
    public void Any_form_of_checkpoint_is_read(string prefix, bool oldNames, string type, bool extras)
    {
        new RandomBert(24, 4, 40) { Prefix = prefix, OldNames = oldNames, Type = type, Extras = extras }.Write(_folder);
        (double worst, _) = Compare(Pooling.Mean, Precision.Fp32, DenseKernel.Best.Name);
        Assert.True(worst < 5e-6, $"largest difference {worst}");
    }

    /// <summary>One hidden dimension 60 times as large as the others, as trained models have some, must not take the resolution from the rest.</summary>
    [Fact]
    public void In_8_bits_an_outlier_dimension_does_no_harm()
    {
        new RandomBert(256, 4, 1024) { Outlier = 60 }.Write(_folder);
        foreach (Pooling pooling in Enum.GetValues<Pooling>())
        {
            (_, double cosine) = Compare(pooling, Precision.Int8, DenseKernel.Best.Name);
            Assert.True(cosine > 0.999, $"cosine {cosine}");
        }
    }

    [Fact]
    public void A_model_that_8_bits_would_harm_is_computed_in_floats_and_says_so()
    {
        new RandomBert(256, 4, 1024, Layers: 8) { Spread = 8 }.Write(_folder);
        using (BertEncoder encoder = BertEncoder.Load(BertModelFolder.Open(_folder), Pooling.Cls, Precision.Int8))
        {
            Assert.Equal(Precision.Fp32, encoder.Precision);
            Assert.StartsWith("computed in floats: in 8 bits its vectors would have a cosine of 0.", encoder.Int8Refusal, StringComparison.Ordinal);
        }

        using BertEncoder asked = BertEncoder.Load(BertModelFolder.Open(_folder), Pooling.Cls, Precision.Fp32);
        Assert.Null(asked.Int8Refusal);
    }

    [Theory]
    [InlineData("hidden_size", "0")]
    [InlineData("hidden_size", "25")]
    [InlineData("num_attention_heads", "-1")]
    [InlineData("model_type", "\"t5\"")]
    [InlineData("hidden_act", "\"relu\"")]
    [InlineData("vocab_size", "1e99")]
    [InlineData("layer_norm_eps", "-1")]
    [InlineData("intermediate_size", "41")]
    public void A_configuration_that_does_not_fit_is_refused(string key, string value)
    {
        new RandomBert(24, 4, 40).Write(_folder);
        string config = Path.Combine(_folder, "config.json");
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(config))!;
        json[key] = System.Text.Json.Nodes.JsonNode.Parse(value);
        File.WriteAllText(config, json.ToJsonString());
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(
            () => BertEncoder.Load(BertModelFolder.Open(_folder), Pooling.Cls, Precision.Fp32).Dispose());
        Assert.Contains(_folder, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_pooling_and_the_bound_that_the_authors_give_are_kept()
    {
        new RandomBert(24, 4, 40).Write(_folder);
        Assert.Equal((Pooling.Cls, 40), (BertModelFolder.Open(_folder).Pooling, BertModelFolder.Open(_folder).TokensMax));
        Directory.CreateDirectory(Path.Combine(_folder, "1_Pooling"));
        File.WriteAllText(Path.Combine(_folder, "1_Pooling", "config.json"), """{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}""");
        File.WriteAllText(Path.Combine(_folder, "sentence_bert_config.json"), """{"max_seq_length": 16}""");
        Assert.Equal((Pooling.Mean, 16), (BertModelFolder.Open(_folder).Pooling, BertModelFolder.Open(_folder).TokensMax));
    }

    [Fact]
    public void Ids_that_the_model_does_not_know_are_refused()
    {
        new RandomBert(24, 4, 40).Write(_folder);
        using BertEncoder encoder = BertEncoder.Load(BertModelFolder.Open(_folder), Pooling.Cls, Precision.Fp32);
        float[] vector = new float[24];
        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.Encode([2, 60, 3], [3], vector));
        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.Encode([2, -1, 3], [3], vector));
        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.Encode(new int[41], [41], vector));
        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.Encode([2, 3], [3], vector));
    }

    private (double Worst, double Cosine) Compare(Pooling pooling, Precision precision, string kernel)
    {
        BertModelFolder folder = BertModelFolder.Open(_folder);
        using BertCheckpoint checkpoint = BertCheckpoint.Open(Path.Combine(_folder, BertModelFolder.WeightsName));
        var plain = new PlainBertEncoder(folder.Config, checkpoint);
        using BertEncoder fast = BertEncoder.Load(folder, pooling, precision, TestedKernels.Named(kernel), WorkTeam.Shared);
        Assert.Equal(precision, fast.Precision);
        var random = new Random(3);
        int[][] texts = [.. ((int[])[1, 2, 3, 5, 6, 7, 13, 33, 40]).Select(n => Enumerable.Range(0, n).Select(_ => random.Next(folder.Config.Vocabulary)).ToArray())];
        int hidden = folder.Config.Hidden;
        float[] vectors = new float[texts.Length * hidden];
        fast.Encode([.. texts.SelectMany(t => t)], [.. texts.Select(t => t.Length)], vectors);
        double worst = 0, cosine = 1;
        for (int i = 0; i < texts.Length; i++)
        {
            float[] expected = plain.Encode(texts[i], pooling);
            float[] got = vectors[(i * hidden)..((i + 1) * hidden)];
            worst = Math.Max(worst, expected.Zip(got).Max(p => Math.Abs(p.First - p.Second)));
            cosine = Math.Min(cosine, expected.Zip(got).Sum(p => (double)p.First * p.Second));
        }

        return (worst, cosine);
    }
}
