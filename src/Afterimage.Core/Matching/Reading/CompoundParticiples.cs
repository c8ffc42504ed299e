using System.Collections.Frozen;

namespace Afterimage.Matching.Reading;

/// <summary>
/// Compounds with a participle that prompts write without their hyphen: "a heart shaped balloon", "snow covered mountains", "a red haired woman". What the
/// participle says, it says of the noun behind it, and the word before says how.
/// </summary>
internal static class CompoundParticiples
{
    // What something is made like, or has on it, in it or around it.
    private static readonly FrozenSet<string> AfterNoun = FrozenSet.Create(
        StringComparer.Ordinal,
        "shaped", "covered", "filled", "colored", "coloured", "themed", "styled", "lined", "topped", "flavored", "flavoured", "sized", "powered", "coated", "clad", "dusted",
        "soaked", "stained", "infested", "infused", "crusted", "encrusted", "studded", "trimmed", "tipped", "capped", "rimmed", "draped", "laden", "shrouded", "inspired", "patterned");

    // What a body has; the word before says of what kind.
    private static readonly FrozenSet<string> OfBodies = FrozenSet.Create(
        StringComparer.Ordinal, "haired", "eyed", "skinned", "winged", "legged", "headed", "faced", "feathered", "furred", "horned", "tailed", "eared", "bodied", "handed", "armed", "toothed");

    /// <summary>Reads them as with a hyphen. After the tagger.</summary>
    public static void Join(List<Word> words)
    {
        for (int i = 1; i + 1 < words.Count; i++)
        {
            (Word before, Word word, Word after) = (words[i - 1], words[i], words[i + 1]);
            bool describes = word.Tag is Tag.Participle or Tag.Adjective && !word.Quoted && !word.Joined && after is { Tag: Tag.Noun or Tag.Adjective, Kind: WordKind.Content, Quoted: false };
            word.Joined |= describes && ((AfterNoun.Contains(word.Text) && before is { Tag: Tag.Noun, Quoted: false }) || (OfBodies.Contains(word.Text) && (before.IsCommonNoun || before is { Tag: Tag.Adjective, Quoted: false })));
        }
    }
}
