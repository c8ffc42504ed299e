using Afterimage.Text;
using Afterimage.Text.Bert;
using Xunit;

namespace Afterimage.Tests.Text.Bert;

public sealed class BertEmbedderTests
{
    private static readonly BertEmbedder Embedder = BertEmbedder.Load(GoldenEmbeddings.FixtureFolder, "own/Fixture", precision: Precision.Fp32);

    [Fact]
    public async Task Vectors_are_those_of_the_independent_implementation()
    {
        List<GoldenEmbeddings> golden = [.. GoldenEmbeddings.Read(Path.Combine(GoldenEmbeddings.FixtureFolder, "golden.jsonl"))
            .Where(g => g.Text.Contains("cat", StringComparison.Ordinal))];
        float[] vectors = await EmbedAsync([.. golden.Select(g => g.Text)]);
        Assert.All(golden.SelectMany(g => g.Cls).Zip(vectors), p => Assert.Equal(p.First, p.Second, 5e-6f));
    }

    [Fact]
    public void The_space_names_model_version_pooling_and_precision()
    {
        Assert.Matches(@"^bert/own/fixture@[0-9a-f]{8}/cls/fp32-1/wordpiece-1$", Embedder.Space.Id);
        Assert.Equal(32, Embedder.Space.Dimensions);
        using BertEmbedder other = BertEmbedder.Load(GoldenEmbeddings.FixtureFolder, "own/fixture", new string('a', 40), Pooling.Mean, Precision.Int8);
        Assert.Equal("bert/own/fixture@aaaaaaaaaaaa/mean/int8-3/wordpiece-1", other.Space.Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("...!?")]
    [InlineData("一只猫")]
    [InlineData("🐱")]
    public async Task A_text_without_known_words_has_no_vector(string text) => Assert.All(await EmbedAsync(text, "cat"), (x, i) => Assert.Equal(i < 32, x == 0));

    [Fact]
    public async Task Many_callers_at_once_get_what_one_gets_alone()
    {
        string[] texts = [.. Enumerable.Range(0, 60).Select(i => string.Concat(Enumerable.Repeat("cat dog robot ", 1 + i % 9)) + i)];
        float[][] alone = new float[texts.Length][];
        for (int i = 0; i < texts.Length; i++)
        {
            alone[i] = await EmbedAsync(texts[i]);
        }

        float[][] together = await Task.WhenAll(Enumerable.Range(0, 600).Select(i => Task.Run(() => EmbedAsync(texts[i % texts.Length]))));
        for (int i = 0; i < together.Length; i++)
        {
            Assert.All(alone[i % texts.Length].Zip(together[i]), p => Assert.Equal(p.First, p.Second, 1e-6f));
        }
    }

    [Fact]
    public async Task A_caller_who_gives_up_does_not_disturb_the_others()
    {
        using var gone = new CancellationTokenSource();
        Task<float[]>[] kept = [.. Enumerable.Range(0, 20).Select(_ => Task.Run(() => EmbedAsync("cat")))];
        Task[] left = [.. Enumerable.Range(0, 20).Select(_ => Task.Run(async () => await Embedder.EmbedAsync(["dog"], new float[32], gone.Token)))];
        await gone.CancelAsync();
        await Task.WhenAny(Task.WhenAll(left), Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken));
        float[] alone = await EmbedAsync("cat");
        foreach (float[] vector in await Task.WhenAll(kept))
        {
            Assert.All(alone.Zip(vector), p => Assert.Equal(p.First, p.Second, 1e-6f));
        }
    }

    [Fact]
    public async Task A_model_whose_weights_are_not_numbers_gives_no_vector()
    {
        string folder = Directory.CreateTempSubdirectory("afterimage-nan-").FullName;
        try
        {
            var model = new RandomBert(24, 4, 40);
            model.Write(folder);
            model.WriteVocabulary(folder);
            byte[] weights = File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
            BitConverter.GetBytes(float.NaN).CopyTo(weights, weights.Length - sizeof(float));
            File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), weights);
            using BertEmbedder embedder = BertEmbedder.Load(folder, "nan");
            Assert.Equal(EmbedOutcome.Invalid, await embedder.EmbedAsync(["a"], new float[24], CancellationToken.None));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task More_requests_than_can_wait_are_turned_away_at_once()
    {
        Task<EmbedOutcome>[] asking = [.. Enumerable.Range(0, 3000).Select(i => Task.Run(async () => await Embedder.EmbedAsync([$"cat {i}"], new float[32], CancellationToken.None)))];
        Assert.All(await Task.WhenAll(asking), outcome => Assert.True(outcome is EmbedOutcome.Embedded or EmbedOutcome.Unavailable));
    }

    [Fact]
    public async Task A_team_of_many_threads_does_every_part_once()
    {
        using var team = new WorkTeam(8);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() =>
        {
            var counting = new Counting();
            int place = team.Enter(counting);
            for (int region = 0; region < 300; region++)
            {
                int parts = 1 + region % 40;
                counting.Counts = new int[parts];
                team.Run(counting, parts);
                Assert.All(counting.Counts, count => Assert.Equal(1, count));
            }

            team.Leave(place);
        })));
    }

    private static async Task<float[]> EmbedAsync(params string[] texts)
    {
        float[] vectors = new float[texts.Length * 32];
        Assert.Equal(EmbedOutcome.Embedded, await Embedder.EmbedAsync(texts, vectors, CancellationToken.None));
        return vectors;
    }

    private sealed class Counting : PartedWork
    {
        public int[] Counts { get; set; } = [];

        public override void Do(int part) => Interlocked.Increment(ref Counts[part]);
    }
}
