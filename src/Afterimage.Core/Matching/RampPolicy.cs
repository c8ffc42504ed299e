namespace Afterimage.Matching;

/// <summary>
/// The rule of the system that Afterimage follows: a cosine threshold that rises with the length of the prompt, from one value at 20 characters to
/// another at 400. Kept for comparison.
/// </summary>
public sealed class RampPolicy(float shortSimilarityMin, float longSimilarityMin) : IMatchPolicy
{
    private const int ShortChars = 20;
    private const int LongChars = 400;

    public string Name => "ramp";

    public Verdict Judge(PromptReading asked, PromptReading stored, float similarity)
    {
        float along = Math.Clamp((asked.Text.Length - ShortChars) / (float)(LongChars - ShortChars), 0, 1);
        float bound = shortSimilarityMin + (along * (longSimilarityMin - shortSimilarityMin));
        return new CosinePolicy(bound).Judge(asked, stored, similarity);
    }
}
