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

    [Fact]
    public async Task Requests_for_one_text_at_the_same_moment_embed_it_once()
    {
        var inner = new Counting { Gate = new TaskCompletionSource() };
        using var cache = new CachingEmbedder(inner, 1_000_000);
        float[][] vectors = [.. Enumerable.Range(0, 5).Select(_ => new float[2])];
        Task<EmbedOutcome>[] asking = [.. vectors.Select(v => cache.EmbedAsync(["a"], v, CancellationToken.None).AsTask())];
        inner.Gate.SetResult();
        Assert.All(await Task.WhenAll(asking), outcome => Assert.Equal(EmbedOutcome.Embedded, outcome));
        Assert.All(vectors, v => Assert.Equal('a', v[0]));
        Assert.Equal(["a"], inner.Asked);
    }

    [Fact]
    public async Task Who_waits_for_another_one_that_gives_up_asks_itself()
    {
        var inner = new Counting { Gate = new TaskCompletionSource() };
        using var cache = new CachingEmbedder(inner, 1_000_000);
        using var gone = new CancellationTokenSource();
        Task<EmbedOutcome> first = cache.EmbedAsync(["a"], new float[2], gone.Token).AsTask();
        Task<EmbedOutcome> second = cache.EmbedAsync(["a"], new float[2], CancellationToken.None).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        inner.Gate.SetResult();
        Assert.Equal(EmbedOutcome.Embedded, await second);
        Assert.Equal(["a", "a"], inner.Asked);
    }

    private sealed class Counting : ITextEmbedder
    {
        /// <summary>Holds every answer back until it is set; null for none.</summary>
        public TaskCompletionSource? Gate { get; init; }

        public EmbedOutcome Outcome { get; set; } = EmbedOutcome.Embedded;

        public List<string> Asked { get; } = [];

        public EmbeddingSpace Space { get; } = new("test/2", 2);

        public async ValueTask<EmbedOutcome> EmbedAsync(IReadOnlyList<string> texts, Memory<float> vectors, CancellationToken cancellationToken)
        {
            Asked.AddRange(texts);
            if (Gate is not null)
            {
                await Gate.Task.WaitAsync(cancellationToken);
            }

            for (int i = 0; i < texts.Count; i++)
            {
                vectors.Span[2 * i] = texts[i][0];
            }

            return Outcome;
        }
    }
}
