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

    [Theory]
    [InlineData("a torch in a cellar", "a flashlight in a cellar")]
    [InlineData("a rubbish bin by the door", "a trash can by the door")]
    [InlineData("a woman is getting ready to eat", "a woman is preparing to eat")]
    [InlineData("the mountains at golden hour", "the mountains at magic hour")]
    [InlineData("a long-haired woman", "a woman with long hair")]
    public void Expressions_of_the_thesaurus_stand_for_each_other(string asked, string stored) =>
        Assert.Equal(Decision.Reuse, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("a kayak on the sand", "a boat on the sand")]
    [InlineData("a man holding a ball", "a man throwing a ball")]
    [InlineData("a burger on a plate", "a sandwich on a plate")]
    [InlineData("an African girl", "an African woman")]
    [InlineData("see no evil, tattoo", "hear no evil, tattoo")]
    [InlineData("an old engineer", "a middle aged engineer")]
    public void What_the_thesaurus_keeps_apart_is_rejected(string asked, string stored) =>
        Assert.Equal(Decision.Reject, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("a hot dog on a bun", "a hot canine on a bun")]
    [InlineData("a glass of wine", "a wine glass")]
    [InlineData("a fire truck", "a truck on fire")]
    [InlineData("an avocado turtle", "a turtle avocado")]
    [InlineData("a rose tattoo on a skull", "a skull tattoo on a rose")]
    public void A_compound_is_more_than_its_words(string asked, string stored) => Assert.Equal(Decision.Reject, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("a house with a window", "a house with many windows")]
    [InlineData("a pack of wolves in the snow", "a wolf in the snow")]
    [InlineData("some of the lamps are on", "all of the lamps are on")]
    [InlineData("a few birds over a stadium", "hundreds of birds over a stadium")]
    [InlineData("a 17th century kitchen", "a 19th century kitchen")]
    [InlineData("a saloon in 1 8 7 5", "a saloon in 1 8 5 7")]
    [InlineData("half of a melon", "a quarter of a melon")]
    public void Amounts_count(string asked, string stored) => Assert.Equal(Decision.Reject, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("a saloon in 1 8 7 5", "a saloon in 1875")]
    [InlineData("a seventeenth century kitchen", "a 17th century kitchen")]
    public void One_number_may_be_written_in_several_ways(string asked, string stored) => Assert.Equal(Decision.Reuse, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("a lawn free of leaves", "a lawn with leaves")]
    [InlineData("a girl standing instead of sitting", "a girl sitting")]
    [InlineData("a street devoid of cars", "a street full of cars")]
    public void What_must_not_be_there_counts(string asked, string stored) => Assert.Equal(Decision.Reject, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("a stop sign with the word STOP", "a stop sign with the word HALT")]
    [InlineData("a sign that says hello", "a sign that says hi")]
    [InlineData("a shirt, text that reads : love", "a shirt, text that reads : hate")]
    public void Lettering_is_compared_letter_by_letter_without_quotation_marks_as_well(string asked, string stored) =>
        Assert.Equal(Decision.Reject, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("a rook on a chessboard", "a rock on a chessboard")]
    [InlineData("a chef with a whisk", "a chef with a whisky")]
    [InlineData("a minimalist room", "a maximalist room")]
    [InlineData("a lit lamp", "an unlit lamp")]
    public void A_word_that_looks_alike_is_no_slip(string asked, string stored) => Assert.Equal(Decision.Reject, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("The tower is higher than the cathedral.", "The cathedral is higher than the tower.")]
    [InlineData("batman as a samurai", "a samurai as batman")]
    [InlineData("a woman with a baby looks at a man", "a woman looks at a man with a baby")]
    [InlineData("a bench facing the ocean", "a bench facing away from the ocean")]
    public void Who_is_what_to_whom_counts(string asked, string stored) => Assert.Equal(Decision.Reject, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("a fox in the snow", "a fox in the snow, 8k, best quality, masterpiece")]
    [InlineData("a fox in the snow", "can you draw a really beautiful picture of a fox in the snow for me please")]
    [InlineData("a fox in the snow", "Here is an image that shows a fox in the snow")]
    [InlineData("a fox in the snow", "a picture of a fox in the snow for my blog")]
    public void Politeness_and_praise_carry_nothing(string asked, string stored) => Assert.Equal(Decision.Reuse, Judge(asked, stored).Decision);

    [Fact]
    public void Praise_alone_is_nothing_to_compare() => Assert.Equal(Decision.Reject, Judge("masterpiece, best quality", "stunning, 8k").Decision);
}
