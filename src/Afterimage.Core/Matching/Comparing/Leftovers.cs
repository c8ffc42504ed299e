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
    private const float PossessionWeight = 0.2f;
    private const float PostureMax = 0.4f;
    private const float LonePostureWeight = 0.7f;
    private const float PlacedShare = 0.4f;
    private readonly bool _noun;
    private readonly bool _adjective;
    private readonly bool _verb;
    private readonly bool _heavyVerb;
    private readonly bool _wears;
    private readonly bool _holds;
    private readonly bool _adverb;
    private readonly bool _number;
    private readonly bool _composition;
    private readonly bool _made;

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
            _adjective |= heavy && word.Tag is Tag.Adjective or Tag.Participle;
            bool verb = word.Tag is Tag.Verb or Tag.Ing or Tag.Participle;
            _verb |= verb && !LightWords.IsBeing(word.Text);
            _heavyVerb |= verb && heavy;
            _wears |= word.Text.StartsWith("wear", StringComparison.Ordinal);
            _holds |= word.Text.StartsWith("hold", StringComparison.Ordinal) || word.Text.StartsWith("carry", StringComparison.Ordinal);
            _made |= word.Text is "made" or "shaped";
            _composition |= LightWords.IsComposition(word.Text);
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

        if (LightWords.IsPossession(word.Text))
        {
            bool other = word.Text.StartsWith("wear", StringComparison.Ordinal) ? _holds || _made : _wears;
            if (other)
            {
                return ExchangedWeight;
            }

            return MathF.Min(word.Weight, PossessionWeight);
        }

        // Made of leather, shaped like a cat: in neither case is it worn.
        if (LightWords.IsComposition(word.Text) && (_composition || (_wears && word.Text is "made" or "shaped")))
        {
            return ExchangedWeight;
        }

        bool exchanged = word.Tag switch
        {
            Tag.Noun => _noun,
            Tag.Adjective => _adjective,
            Tag.Verb or Tag.Ing or Tag.Participle => word.Weight < PostureMax ? _heavyVerb : _verb,
            Tag.Adverb => _adverb,
            _ => _number,
        };
        if (exchanged)
        {
            return word.Weight >= FacingMin ? MathF.Max(word.Weight, ExchangedWeight) : word.Weight;
        }

        bool posture = word.Weight < PostureMax && word.Tag is Tag.Verb or Tag.Ing;
        if (!placed && LightWords.IsPosture(word.Text))
        {
            return LonePostureWeight;
        }

        return placed && (posture || (word.Tag == Tag.Participle && LightWords.IsArranged(word.Text))) ? word.Weight * PlacedShare : word.Weight;
    }
}
