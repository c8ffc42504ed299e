using Afterimage.Text.Bert;
using Afterimage.Text.Tokenizers;
using Xunit;

namespace Afterimage.Tests.Text.Bert;

public sealed class PlainBertEncoderTests
{
    [Theory]
    [InlineData(Pooling.Cls)]
    [InlineData(Pooling.Mean)]
    public void The_fixture_gives_what_the_independent_implementation_gives(Pooling pooling)
    {
        string folder = GoldenEmbeddings.FixtureFolder;
        using BertCheckpoint checkpoint = BertCheckpoint.Open(Path.Combine(folder, "model.safetensors"));
        BertConfig config = BertConfig.Read(Path.Combine(folder, "config.json"));
        var encoder = new PlainBertEncoder(config, checkpoint);
        WordPieceTokenizer tokenizer = TokenizerFiles.Load(folder);
        foreach (GoldenEmbeddings golden in GoldenEmbeddings.Read(Path.Combine(folder, "golden.jsonl")))
        {
            float[] vector = encoder.Encode(tokenizer.Encode(golden.Text, config.Positions), pooling);
            Assert.All(vector.Zip(golden.Vector(pooling)), p => Assert.Equal(p.Second, p.First, 2e-6f));
        }
    }

    [Theory]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(-1, -0.8427007929497149)]
    [InlineData(2.5, 0.9995930479825550)]
    [InlineData(5, 0.9999999999984626)]
    public void The_error_function_is_exact(double x, double erf) => Assert.Equal(erf, PlainBertEncoder.Erf(x), 1e-14);
}
