using Afterimage.Requests;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Requests;

public sealed class ImageRequestTests
{
    private static readonly ImageRequest Base = Request();

    [Fact]
    public void Equal_requests_have_equal_keys() => Assert.Equal(Base.ExactKey, Request().ExactKey);

    [Fact]
    public void Everything_but_prompt_and_seed_is_in_the_partition()
    {
        Hash256 partition = Base.PartitionKey(ResolutionBuckets.Exact);
        Assert.Equal(partition, Request(prompt: "another").PartitionKey(ResolutionBuckets.Exact));
        Assert.Equal(partition, Request(seed: Seed.Named(7)).PartitionKey(ResolutionBuckets.Exact));
        foreach (ImageRequest other in new[]
        {
            Request(model: "turbo"), Request(width: 512), Request(scope: "tenant"), Request(dialect: "openai"), Request(parameter: new("quality", "high")), Request(parameter: new("x", "medium")),
        })
        {
            Assert.NotEqual(partition, other.PartitionKey(ResolutionBuckets.Exact));
            Assert.NotEqual(Base.ExactKey, other.ExactKey);
        }
    }

    [Fact]
    public void The_exact_key_tells_prompts_and_seeds_apart()
    {
        Assert.NotEqual(Base.ExactKey, Request(prompt: "another").ExactKey);
        Assert.NotEqual(Base.ExactKey, Request(seed: Seed.Named(7)).ExactKey);
        Assert.NotEqual(Request(seed: Seed.Named(0)).ExactKey, Request(seed: Seed.None).ExactKey);
    }

    [Fact]
    public void A_defaulted_seed_and_the_same_seed_named_are_the_same_picture() =>
        Assert.Equal(Request(seed: Seed.Defaulted(42)).ExactKey, Request(seed: Seed.Named(42)).ExactKey);

    [Fact]
    public void No_value_can_spill_into_its_neighbour()
    {
        ImageRequest a = Request(parameter: new("a", "1\",\"b"));
        ImageRequest b = Request(parameter: new("a\",\"1", "b"));
        Assert.NotEqual(a.ExactKey, b.ExactKey);
    }

    [Fact]
    public void A_lone_surrogate_neither_throws_nor_collides_with_the_replacement_character()
    {
        Assert.NotEqual(Request(prompt: "a\ud800").ExactKey, Request(prompt: "a\ufffd").ExactKey);
        Assert.NotEqual(Request(prompt: "a\ud800").ExactKey, Request(prompt: "a\ud801").ExactKey);
    }

    [Fact]
    public void Any_two_prompts_that_differ_have_different_keys() => Check.QuickThrowOnFailure(Prop.ForAll<string, string>((x, y) =>
        (x ?? "") == (y ?? "") || Request(prompt: x ?? "").ExactKey != Request(prompt: y ?? "").ExactKey));

    private static ImageRequest Request(
        string prompt = "a cat", string dialect = "pollinations", string model = "flux", int width = 1024, Seed? seed = null, string scope = "", KeyValuePair<string, string>? parameter = null) => new()
        {
            Dialect = dialect,
            Prompt = prompt,
            Model = model,
            Width = width,
            Height = 1024,
            Seed = seed ?? Seed.Defaulted(42),
            Scope = scope,
            Parameters = [parameter ?? new("quality", "medium")],
        };
}
