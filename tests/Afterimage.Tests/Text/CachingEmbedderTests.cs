using Afterimage.Text;
using Xunit;

namespace Afterimage.Tests.Text;

public sealed class CachingEmbedderTests
{
    [Fact]
    public async Task The_same_text_is_embedded_once()
    {
        var inner = new Counting();
        using var cache = new CachingEmbedder(inner, 1_000_000);
        float[] vectors = new float[8];
        await cache.EmbedAsync(["a", "b", "a", "a"], vectors, CancellationToken.None);
        await cache.EmbedAsync(["b", "a", "c", "b"], vectors, CancellationToken.None);
        Assert.Equal(["a", "b", "c"], inner.Asked);
        Assert.Equal(["b", "a", "c", "b"], vectors.Chunk(2).Select(v => ((char)v[0]).ToString()));
    }

    [Fact]
    public async Task The_least_recently_used_is_forgotten_when_the_bound_is_reached()
    {
        var inner = new Counting();
        using var cache = new CachingEmbedder(inner, 2 * 180);
        foreach (string text in (string[])["a", "b", "a", "c", "a", "b"])
        {
            await cache.EmbedAsync([text], new float[2], CancellationToken.None);
        }

        Assert.Equal(["a", "b", "c", "b"], inner.Asked);
    }

    [Fact]
    public async Task Failures_are_passed_on_and_not_remembered()
    {
        var inner = new Counting { Outcome = EmbedOutcome.Unavailable };
        using var cache = new CachingEmbedder(inner, 1_000_000);
        Assert.Equal(EmbedOutcome.Unavailable, await cache.EmbedAsync(["a"], new float[2], CancellationToken.None));
        inner.Outcome = EmbedOutcome.Embedded;
        Assert.Equal(EmbedOutcome.Embedded, await cache.EmbedAsync(["a"], new float[2], CancellationToken.None));
        Assert.Equal(["a", "a"], inner.Asked);
    }

    private sealed class Counting : ITextEmbedder
    {
        public EmbedOutcome Outcome { get; set; } = EmbedOutcome.Embedded;

        public List<string> Asked { get; } = [];

        public EmbeddingSpace Space { get; } = new("test/2", 2);

        public ValueTask<EmbedOutcome> EmbedAsync(IReadOnlyList<string> texts, Memory<float> vectors, CancellationToken cancellationToken)
        {
            Asked.AddRange(texts);
            for (int i = 0; i < texts.Count; i++)
            {
                vectors.Span[2 * i] = texts[i][0];
            }

            return ValueTask.FromResult(Outcome);
        }
    }
}
