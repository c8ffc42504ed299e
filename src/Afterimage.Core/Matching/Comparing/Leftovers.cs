using Afterimage.Matching.Reading;

namespace Afterimage.Matching.Comparing;

/// <summary>
/// The words of one prompt that found no partner, by class. A word that only one side has may go unsaid ("served on", "young"); one that faces another
/// of its class was exchanged, and then it counts in full.
/// </summary>
internal sealed class Leftovers
{
    private const float FacingMin = 0.25f;
    private const float ExchangedWeight = 0.8f;
    private const float OptionalWeight = 0.3f;
    private const float PossessionWeight = 0.2f;
    private const float PlacedShare = 0.4f;
    private readonly bool _noun;
    private readonly bool _adjective;
    private readonly bool _verb;
    private readonly bool _adverb;
    private readonly bool _number;

    public Leftovers(IReadOnlyList<Word> words, int[] partners)
    {
        for (int i = 0; i < words.Count; i++)
        {
            Word word = words[i];
            if (!word.IsContent || partners[i] >= 0)
            {
                continue;
            }

            bool heavy = word.Weight >= FacingMin;
            _noun |= heavy && word.Tag == Tag.Noun;
            _adjective |= heavy && word.Tag is Tag.Adjective or Tag.Participle && heavy;
            _verb |= heavy && word.Tag is Tag.Verb or Tag.Ing or Tag.Participle && heavy;
            _adverb |= word.Tag == Tag.Adverb;
            _number |= word.Kind == WordKind.Number || LightWords.IsQuantity(word);
        }
    }

    /// <summary>Weight of a word without partner whose prompt faces these leftovers.</summary>
    /// <param name="placed">A preposition follows: "parked on".</param>
    public float WeightOf(Word word, bool placed)
    {
        if (LightWords.IsQuantity(word))
        {
            return _number ? 1 : word.Weight;
        }

        bool exchanged = word.Tag switch
        {
            Tag.Noun => _noun,
            Tag.Adjective => _adjective,
            Tag.Verb or Tag.Ing or Tag.Participle => _verb,
            Tag.Adverb => _adverb,
            _ => _number,
        };
        if (exchanged)
        {
            return word.Weight >= FacingMin ? MathF.Max(word.Weight, ExchangedWeight) : word.Weight;
        }

        if (LightWords.IsOptional(word))
        {
            return OptionalWeight;
        }

        if (LightWords.IsPossession(word.Text))
        {
            return MathF.Min(word.Weight, PossessionWeight);
        }

        return placed && word.Tag is Tag.Verb or Tag.Ing or Tag.Participle && placed ? word.Weight * PlacedShare : word.Weight;
    }
}
