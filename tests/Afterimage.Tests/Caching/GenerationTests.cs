using Afterimage.Caching;
using Afterimage.Requests;
using Xunit;

namespace Afterimage.Tests.Caching;

/// <summary>Who may try again after a picture that came to nothing.</summary>
public sealed class GenerationTests
{
    private static readonly RequestPlan First = new(SemanticMode.Off, SeedRule.Strict, Store: true, AgeMax: null, Shared: true);
    private static readonly RequestPlan Second = First with { IsRetry = true };
    private static readonly ImageRequest Fox = new() { Dialect = "pollinations", Prompt = "a red fox", Seed = Seed.Defaulted(42), Model = "flux", Width = 64, Height = 64 };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_whose_second_attempt_waited_for_a_newcomer_s_first_does_not_make_a_third()
    {
        await using CacheFixture cache = CacheFixture.Open();
        Generation first = cache.Generate(Fox, First, Failing(OriginFault.Broken), out bool leads);
        Assert.True(leads);
        await first.Result.WaitAsync(Stop);
        Assert.True(first.MayBeRepeatedBy(First));

        // Before those who waited have woken up somebody comes who knows nothing of it.
        var gate = new TaskCompletionSource();
        Generation newcomer = cache.Generate(Fox, First, Failing(OriginFault.Broken, gate.Task), out leads);
        Assert.True(leads);
        Generation joined = cache.Generate(Fox, Second, Failing(OriginFault.Broken), out leads);
        Assert.Equal((newcomer, false), (joined, leads));
        gate.SetResult();
        await joined.Result.WaitAsync(Stop);
        Assert.False(joined.MayBeRepeatedBy(Second));

        // Whoever waited for it on a first attempt has one more.
        Assert.True(joined.MayBeRepeatedBy(First));
    }

    [Fact]
    public async Task Nobody_makes_a_third_after_a_retry()
    {
        await using CacheFixture cache = CacheFixture.Open();
        Generation retry = cache.Generate(Fox, Second, Failing(OriginFault.Broken), out _);
        await retry.Result.WaitAsync(Stop);
        Assert.False(retry.MayBeRepeatedBy(First));
    }

    [Theory]
    [InlineData(OriginFault.Unreachable, true)]
    [InlineData(OriginFault.Broken, true)]
    [InlineData(OriginFault.TimedOut, false)]
    [InlineData(OriginFault.Invalid, false)]
    [InlineData(OriginFault.Overloaded, false)]
    [InlineData(OriginFault.BreakerOpen, false)]
    public async Task Only_what_was_cut_short_is_tried_again(OriginFault fault, bool again)
    {
        await using CacheFixture cache = CacheFixture.Open();
        Generation generation = cache.Generate(Fox, First, Failing(fault), out _);
        await generation.Result.WaitAsync(Stop);
        Assert.Equal(again, generation.MayBeRepeatedBy(First));
    }

    private static Func<CancellationToken, Task<OriginAnswer>> Failing(OriginFault fault, Task? gate = null) => async _ =>
    {
        await (gate ?? Task.CompletedTask);
        return new OriginAnswer(fault, "as the test wants it");
    };
}
