namespace Afterimage.Tools.WordVectors;

/// <summary>
/// Moves words that the texts say little about to where their WordNet synonyms and relatives are; a frequent word stays (after Faruqui et al. 2015).
/// </summary>
/// <param name="corpus">Tells how frequent a word is.</param>
/// <param name="synonyms">Numbers of the words that mean the same, by word.</param>
/// <param name="relatives">Numbers of the words one step above or below, by word.</param>
internal sealed class Retrofitter(Corpus corpus, int[][] synonyms, int[][] relatives)
{
    private const int Rounds = 4;
    private const double RelativeWeight = 0.5;

    /// <summary>However rare, a word does not become its relatives: a widow is not just any woman.</summary>
    private const float OwnShareMin = 0.4f;

    /// <summary>At this frequency half of a word's place is its own.</summary>
    private const double HalfCount = 300;

    public void Move(float[][] vectors)
    {
        float[][] learnt = [.. vectors.Select(v => v.ToArray())];
        for (int round = 0; round < Rounds; round++)
        {
            float[][] before = [.. vectors.Select(v => v.ToArray())];
            Parallel.For(0, vectors.Length, w => Move(w, learnt[w], before, vectors[w]));
        }
    }

    private void Move(int word, float[] learnt, float[][] before, float[] target)
    {
        float[] mean = new float[target.Length];
        float weights = 0, length = 0;
        foreach (int other in synonyms[word].Concat(relatives[word]))
        {
            // Common neighbours say more, and a synonym more than a relative.
            float weight = (float)(Math.Log(2 + Frequency(other)) * (synonyms[word].Contains(other) ? 1 : RelativeWeight));
            FixedOrder.Add(before[other], weight, mean);
            weights += weight;
            length += weight * MathF.Sqrt(FixedOrder.Dot(before[other], before[other]));
        }

        if (weights <= 0)
        {
            return;
        }

        float own = Math.Max(OwnShareMin, (float)(Frequency(word) / (Frequency(word) + HalfCount)));
        float ownLength = MathF.Sqrt(FixedOrder.Dot(learnt, learnt));
        FixedOrder.Normalize(mean);
        Array.Clear(target);
        FixedOrder.Add(learnt, own / Math.Max(ownLength, 1e-6f), target);
        FixedOrder.Add(mean, 1 - own, target);
        FixedOrder.Normalize(target);
        FixedOrder.Scale(target, (own * ownLength) + ((1 - own) * length / weights));
    }

    // A caption's word counts for several of a prompt's: captions are few and plain.
    private double Frequency(int word) => corpus.PromptCounts[word] + (3.0 * corpus.CaptionCounts[word]);
}
