using System.Text;
using Afterimage.Matching;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Matching;

public sealed class MatcherPropertyTests
{
    private static readonly int Runs = int.TryParse(Environment.GetEnvironmentVariable("AFTERIMAGE_PROPERTY_RUNS"), out int runs) ? runs : 300;

    private static readonly MatcherPolicy Matcher = new(new MatcherOptions());

    private static readonly string[] Pieces =
    [
        "a red dog", "two cats", "on a table", "next to the old bridge", "without a hat", "\"OPEN\"", "(glowing:1.3)", "[fog]", "{neon}", "<lora:ink:0.8>",
        "--ar 16:9", "--no people", "oil painting", "一只猫", "рыжий кот", "😀", "in front of", "is chased by", "a man who is holding", "8 k", ",", ".", "and",
        "קטן", "\u200f", "children", "larger", "\ud800", "((((", "]]]]", "don't", "'s", "of", "while", "being", "1.5", "x:y:z", "--", "portrait", "\t", "«word»",
    ];

    private static readonly Arbitrary<string> Prompts = Gen.Elements(Pieces).ListOf().Select(p => string.Join(' ', p)).ToArbitrary();

    private static Verdict Judge(string asked, string stored) => Matcher.Judge(PromptReading.Of(asked), PromptReading.Of(stored), 0.9f);

    private static void Check(Property property) => property.Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));

    [Fact]
    public void The_decision_does_not_depend_on_which_prompt_asks() => Check(Prop.ForAll(Prompts, Prompts, (a, b) =>
    {
        Verdict there = Judge(a, b);
        Verdict back = Judge(b, a);
        return there.Decision == back.Decision && there.Probability == back.Probability;
    }));

    [Fact]
    public void A_prompt_matches_itself() => Check(Prop.ForAll(Prompts, prompt => Judge(prompt, prompt).Decision == Decision.Reuse));

    [Fact]
    public void Case_and_white_space_change_nothing() => Check(Prop.ForAll(Prompts, prompt =>
        PromptReading.Of(prompt).ContentCount == 0
        || Judge(prompt, $"  {prompt.ToUpperInvariant().Replace(" ", "  ", StringComparison.Ordinal)} ").Decision == Decision.Reuse));

    [Fact]
    public void Any_text_at_all_is_judged() => Check(Prop.ForAll<string, string>((a, b) => Judge(a ?? "", b ?? "").Probability is >= 0 and <= 1));

    [Fact]
    public void Adversarial_texts_stay_bounded_and_are_judged()
    {
        string[] texts =
        [
            new('(', 100_000), new('a', 100_000), string.Concat(Enumerable.Repeat("cat ", 25_000)), string.Concat(Enumerable.Repeat("qzx\ufe0f ", 25_000)),
            new('\ud83d', 50_000), string.Concat(Enumerable.Repeat("😀", 50_000)), new('\u202e', 100_000), new('\0', 100_000), new('"', 100_000), new('\'', 100_000),
            string.Concat(Enumerable.Repeat("--no ", 20_000)), string.Concat(Enumerable.Repeat("<a:", 30_000)), new('猫', 100_000), string.Concat(Enumerable.Repeat("(x:1.", 20_000)),
            string.Concat(Enumerable.Repeat("a dog chasing the cat that is on ", 3_000)), string.Concat(Enumerable.Repeat("e\u0301", 50_000)),
        ];
        foreach (string a in texts)
        {
            Assert.Equal(Decision.Reuse, Judge(a, a).Decision);
            Assert.InRange(Judge(a, "a cat on a table").Probability, 0, 1);
            Assert.InRange(Judge(a, a + "b").Probability, 0, 1);
        }
    }

    [Fact]
    public void What_is_written_behind_the_words_that_are_read_still_counts()
    {
        var text = new StringBuilder();
        for (int i = 0; i < 700; i++)
        {
            text.Append($"word{i} ");
        }

        Assert.Equal(Decision.Reject, Judge($"{text}red", $"{text}blue").Decision);
        Assert.Equal(Decision.Reuse, Judge($"{text}red", $"{text} RED ").Decision);
    }

    [Theory]
    [InlineData("", "a cat")]
    [InlineData("!!!", "???")]
    [InlineData("一只猫", "一只狗")]
    [InlineData("рыжий кот", "рыжий пёс")]
    [InlineData("papa y mama", "papa y mano")]
    public void What_cannot_be_read_is_compared_exactly(string asked, string stored) => Assert.Equal(Decision.Reject, Judge(asked, stored).Decision);

    [Theory]
    [InlineData("a cat", "a cat --no hat", "parameters")]
    [InlineData("cat --ar 16:9", "cat --ar 1:1", "parameters")]
    [InlineData("<lora:ink:0.8> cat", "<lora:oil:0.8> cat", "parameters")]
    [InlineData("(cat:1.5) on grass", "cat on grass", "emphasis")]
    public void The_small_languages_of_prompts_are_read(string asked, string stored, string reason)
    {
        Verdict verdict = Judge(asked, stored);
        Assert.Equal(Decision.Reject, verdict.Decision);
        Assert.True(verdict.Reasons.Any(r => r.Contains(reason, StringComparison.Ordinal)) || reason == "parameters" && verdict.Reasons.Count > 0);
    }
}
