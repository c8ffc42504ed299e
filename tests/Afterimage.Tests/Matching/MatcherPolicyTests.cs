using Afterimage.Matching;
using Xunit;

namespace Afterimage.Tests.Matching;

public sealed class MatcherPolicyTests
{
    private static readonly MatcherPolicy Matcher = new(new MatcherOptions());

    private static Verdict Judge(string asked, string stored) => Matcher.Judge(PromptReading.Of(asked), PromptReading.Of(stored), float.NaN);

    [Theory]
    [InlineData("a red car", "red car")]
    [InlineData("A dog, on a beach!", "a dog on a beach")]
    [InlineData("two cats on a sofa", "2 cats on a couch")]
    [InlineData("please generate an image of a sunset over the ocean", "sunset over the ocean")]
    [InlineData("A man is peeling a potato.", "The potato is being peeled by a man.")]
    [InlineData("a grey wolf", "a gray wolf")]
    [InlineData("portrait of a cat, oil painting, dramatic light", "portrait of a cat, dramatic light, oil painting")]
    public void The_same_picture_in_other_words_is_reused(string asked, string stored) =>
        Assert.Equal(Decision.Reuse, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("red car", "blue car", "color: red / blue")]
    [InlineData("two dogs in a park", "three dogs in a park", "count: two / three")]
    [InlineData("a shop sign \"OPEN\"", "a shop sign \"CLOSED\"", "text: open / closed")]
    [InlineData("a man with a hat", "a man without a hat", "negation: hat")]
    [InlineData("a dog chasing a cat", "a cat chasing a dog", "roles swapped: dog, chasing")]
    [InlineData("a cat", "a cat holding a red umbrella", "added: holding red umbrella")]
    [InlineData("a red ball and a blue box", "a blue ball and a red box", "red: ball / box")]
    public void Another_picture_is_rejected_with_a_reason(string asked, string stored, string reason)
    {
        Verdict verdict = Judge(asked, stored);
        Assert.Equal(Decision.Reject, verdict.Decision);
        Assert.Contains(reason, verdict.Reasons);
    }
}
