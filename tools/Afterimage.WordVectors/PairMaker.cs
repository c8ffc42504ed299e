namespace Afterimage.Tools.WordVectors;

/// <summary>Draws the pairs of one training pass: two captions of a photo, or a prompt and a reworded copy of it.</summary>
internal sealed class PairMaker(Corpus corpus, int[][] synonyms, Random random)
{
    private const int PhotoRounds = 4;
    private const int PromptsPerPass = 40_000;
    private const double DropShare = 0.12;
    private const double RewordedCaptionShare = 0.5;
    private const double FramingShare = 0.25;
    private const double ReplaceShare = 0.3;

    /// <summary>What people put around a prompt without meaning anything by it.</summary>
    private static readonly string[] Framings =
    [
        "please draw", "please create a picture of", "could you paint", "can you make me", "i would like to see", "i want", "i need an image showing",
        "show me", "give me a picture of", "make an image of", "generate a photo of", "create an illustration of", "draw me", "render",
        "a picture of", "an image of", "a photo of", "photograph of", "please", "thanks", "thank you", "imagine", "depict", "a depiction of", "there is",
    ];

    private readonly int[][] _framings = [.. Framings.Select(corpus.Number)];

    public List<(int[] A, int[] B)> Draw()
    {
        var pairs = new List<(int[] A, int[] B)>();
        for (int round = 0; round < PhotoRounds; round++)
        {
            foreach (int[][] photo in corpus.Photos)
            {
                if (photo.Length > 1)
                {
                    int a = random.Next(photo.Length), b = (a + 1 + random.Next(photo.Length - 1)) % photo.Length;
                    pairs.Add((photo[a], random.NextDouble() < RewordedCaptionShare ? Reword(photo[b]) : photo[b]));
                }
                else
                {
                    pairs.Add((photo[0], Reword(photo[0])));
                }
            }
        }

        for (int i = 0; i < PromptsPerPass; i++)
        {
            int[] prompt = corpus.Prompts[random.Next(corpus.Prompts.Count)];
            pairs.Add((prompt, Reword(prompt)));
        }

        for (int i = pairs.Count - 1; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (pairs[i], pairs[j]) = (pairs[j], pairs[i]);
        }

        return pairs;
    }

    private int[] Reword(int[] text)
    {
        var words = new List<int>(text.Length + 6);
        if (random.NextDouble() < FramingShare)
        {
            words.AddRange(_framings[random.Next(_framings.Length)]);
        }

        foreach (int word in text)
        {
            double draw = random.NextDouble();
            if (draw < DropShare && text.Length > 3)
            {
                continue;
            }

            int[] others = synonyms[word];
            words.Add(others.Length > 0 && draw > 1 - ReplaceShare ? others[random.Next(others.Length)] : word);
        }

        return words.Count > 0 ? [.. words] : text;
    }
}
