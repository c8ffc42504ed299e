using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Requests;
using Xunit;

namespace Afterimage.Tests.Dialects;

public sealed class PollinationsDialectTests
{
    private static readonly PollinationsDialect Legacy = new(new PollinationsOptions());
    private static readonly PollinationsDialect Current = new(new PollinationsOptions { Generation = PollinationsGeneration.Current });

    [Theory]
    [InlineData("width=1024")]
    [InlineData("height=1024&width=1024")]
    [InlineData("model=flux")]
    [InlineData("seed=42")]
    [InlineData("nologo=false&enhance=False&safe=no&transparent=")]
    [InlineData("quality=medium&negative_prompt=worst%20quality,%20blurry")]
    [InlineData("quality=medium&negative_prompt=worst+quality%2C+blurry")]
    [InlineData("token=secret&key=k&referrer=me&Referer=x&nofeed=true&private=false")]
    [InlineData("no-cache=true")]
    [InlineData("width=&seed=")]
    public void Spelling_out_a_default_or_who_asks_is_the_same_request(string query) => Assert.Equal(Read("/prompt/a%20cat").ExactKey, Read("/prompt/a%20cat?" + query).ExactKey);

    [Theory]
    [InlineData("width=512")]
    [InlineData("height=512")]
    [InlineData("model=turbo")]
    [InlineData("negative_prompt=dog")]
    [InlineData("negative_prompt=")]
    [InlineData("quality=high")]
    [InlineData("enhance=true")]
    [InlineData("safe=TRUE")]
    [InlineData("nologo=true")]
    [InlineData("transparent=true")]
    [InlineData("guidance_scale=7.5")]
    [InlineData("image=https://a.example/1.png")]
    [InlineData("width=abc")]
    [InlineData("something=new")]
    public void Whatever_can_change_the_picture_is_in_key_and_partition(string query)
    {
        ImageRequest plain = Read("/prompt/a%20cat"), other = Read("/prompt/a%20cat?" + query);
        Assert.NotEqual(plain.ExactKey, other.ExactKey);
        Assert.NotEqual(plain.PartitionKey(ResolutionBuckets.Exact), other.PartitionKey(ResolutionBuckets.Exact));
    }

    [Fact]
    public void Absent_zero_and_minus_one_are_three_different_seeds()
    {
        Assert.Equal(Seed.Defaulted(42), Read("/prompt/x").Seed);
        Assert.Equal(Seed.Named(0), Read("/prompt/x?seed=0").Seed);
        Assert.Equal("seed-random", Legacy.Read(new RequestTarget("/prompt/x?seed=-1"), "").Bypass);
        Assert.Equal(Seed.Defaulted(0), Current.Read(new RequestTarget("/prompt/x"), "").Request!.Seed);
        Assert.Equal(Seed.Named(0), Current.Read(new RequestTarget("/image/x?seed=0"), "").Request!.Seed);
    }

    [Fact]
    public void A_seed_that_only_the_origin_understands_stays_in_the_key_as_it_is()
    {
        ImageRequest odd = Read("/prompt/x?seed=seven");
        Assert.Equal(Seed.None, odd.Seed);
        Assert.NotEqual(Read("/prompt/x").ExactKey, odd.ExactKey);
    }

    [Theory]
    [InlineData("private=true", "private")]
    [InlineData("private=True", "private")]
    [InlineData("duration=5", "video")]
    [InlineData("width=1&width=2", "ambiguous-parameter")]
    [InlineData("width=%zz", "malformed-encoding")]
    public void What_must_not_be_shared_or_cannot_be_read_goes_past_the_cache(string query, string reason) =>
        Assert.Equal(reason, Legacy.Read(new RequestTarget("/prompt/x?" + query), "").Bypass);

    [Theory]
    [InlineData("/prompt/a%2Fb", "a/b")]
    [InlineData("/prompt/a/b", "a/b")]
    [InlineData("/prompt/100%25", "100%")]
    [InlineData("/prompt/a+b", "a+b")]
    [InlineData("/prompt/a%2Bb", "a+b")]
    [InlineData("/prompt/%E4%B8%80%E5%8F%AA%E7%8C%AB", "一只猫")]
    [InlineData("/prompt/%F0%9F%A4%A8", "🤨")]
    [InlineData("/prompt/what%3F", "what?")]
    [InlineData("/prompt/../etc", "../etc")]
    public void Prompts_are_decoded_once_and_exactly(string path, string prompt) => Assert.Equal(prompt, Read(path).Prompt);

    [Theory]
    [InlineData("/prompt/%")]
    [InlineData("/prompt/%4")]
    [InlineData("/prompt/%FF%FE")]
    [InlineData("/prompt/%C3")]
    public void Malformed_encoding_is_never_guessed(string path) => Assert.Equal("malformed-encoding", Legacy.Read(new RequestTarget(path), "").Bypass);

    [Theory]
    [InlineData("/prompt/")]
    [InlineData("/prompt")]
    [InlineData("/models")]
    [InlineData("/")]
    public void Other_paths_are_not_its_own(string path) => Assert.Equal(DialectReading.NotOurs, Legacy.Read(new RequestTarget(path), ""));

    [Fact]
    public void Eight_kilobytes_of_prompt_are_read_whole()
    {
        string prompt = string.Concat(Enumerable.Repeat("猫 and 🤨; ", 800));
        Assert.Equal(prompt, Read("/prompt/" + Uri.EscapeDataString(prompt)).Prompt);
    }

    [Fact]
    public void Every_reference_image_counts_and_their_separators_do_not()
    {
        ImageRequest one = Read("/prompt/x?image=https://a.example/1.png,https://a.example/2.png");
        Assert.Equal(one.ExactKey, Read("/prompt/x?image=https://a.example/1.png%7Chttps://a.example/2.png").ExactKey);
        Assert.NotEqual(one.ExactKey, Read("/prompt/x?image=https://a.example/1.png,https://a.example/3.png").ExactKey);
    }

    [Fact]
    public void The_old_caches_colliding_paths_have_different_keys() => Assert.NotEqual(Read("/prompt/Aa").ExactKey, Read("/prompt/BB").ExactKey);

    [Fact]
    public void The_current_generation_keeps_texts_that_its_origin_may_take_for_true_apart() =>
        Assert.NotEqual(Current.Read(new RequestTarget("/image/x"), "").Request!.ExactKey, Current.Read(new RequestTarget("/image/x?nologo=false"), "").Request!.ExactKey);

    [Fact]
    public void Scopes_never_share()
    {
        ImageRequest a = Legacy.Read(new RequestTarget("/prompt/x"), "a").Request!, b = Legacy.Read(new RequestTarget("/prompt/x"), "b").Request!;
        Assert.NotEqual(a.ExactKey, b.ExactKey);
        Assert.NotEqual(a.PartitionKey(ResolutionBuckets.Exact), b.PartitionKey(ResolutionBuckets.Exact));
    }

    private static ImageRequest Read(string target) => Legacy.Read(new RequestTarget(target), "").Request!;
}
