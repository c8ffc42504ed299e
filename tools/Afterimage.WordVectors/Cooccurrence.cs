namespace Afterimage.Tools.WordVectors;

/// <summary>A symmetric sparse matrix in rows: which words appear near which, as positive pointwise mutual information.</summary>
internal sealed class Cooccurrence
{
    private const int Window = 8;
    private const float CaptionWeight = 3;
    private const float PhotoWeight = 0.6f;
    private const double ContextSmoothing = 0.75;

    private readonly PairCounts _counts = new(1 << 22);

    public int[] RowStarts { get; private set; } = [];

    public int[] Columns { get; private set; } = [];

    public float[] Values { get; private set; } = [];

    public int Size => RowStarts.Length - 1;

    public static Cooccurrence Of(Corpus corpus, TextWriter log)
    {
        var matrix = new Cooccurrence();
        foreach (int[] prompt in corpus.Prompts)
        {
            matrix.AddText(prompt, 1);
        }

        foreach (int[][] photo in corpus.Photos)
        {
            foreach (int[] caption in photo)
            {
                matrix.AddText(caption, CaptionWeight);
            }

            matrix.AddPhoto(photo);
        }

        matrix.Compress(corpus.Words.Count);
        log.WriteLine($"{matrix.Columns.Length} word pairs");
        return matrix;
    }

    private void AddText(int[] words, float weight)
    {
        for (int i = 0; i < words.Length; i++)
        {
            for (int j = i + 1; j < words.Length && j <= i + Window; j++)
            {
                Add(words[i], words[j], weight / MathF.Sqrt(j - i));
            }
        }
    }

    // What one person calls a couch another calls a sofa: words of different captions of one photo stand for the same things.
    private void AddPhoto(int[][] captions)
    {
        for (int i = 0; i < captions.Length; i++)
        {
            for (int j = i + 1; j < captions.Length; j++)
            {
                foreach (int a in captions[i])
                {
                    foreach (int b in captions[j])
                    {
                        Add(a, b, PhotoWeight);
                    }
                }
            }
        }
    }

    private void Add(int a, int b, float weight) => _counts.Add(((ulong)Math.Min(a, b) << 32) | (uint)Math.Max(a, b), weight);

    private void Compress(int size)
    {
        double[] sums = new double[size];
        foreach ((ulong pair, float count) in _counts.Sorted())
        {
            sums[pair >> 32] += count;
            sums[(uint)pair] += count;
        }

        double total = sums.Sum(), smoothed = sums.Sum(s => Math.Pow(s, ContextSmoothing));
        var rows = new List<(int Column, float Value)>[size];
        for (int i = 0; i < size; i++)
        {
            rows[i] = [];
        }

        foreach ((ulong pair, float count) in _counts.Sorted())
        {
            int a = (int)(pair >> 32), b = (int)(uint)pair;
            AddEntry(a, b, count);
            if (a != b)
            {
                AddEntry(b, a, count);
            }
        }

        RowStarts = new int[size + 1];
        for (int i = 0; i < size; i++)
        {
            RowStarts[i + 1] = RowStarts[i] + rows[i].Count;
        }

        Columns = [.. rows.SelectMany(r => r.Select(e => e.Column))];
        Values = [.. rows.SelectMany(r => r.Select(e => e.Value))];

        void AddEntry(int word, int context, float count)
        {
            double information = Math.Log(count / sums[word] * smoothed / Math.Pow(sums[context], ContextSmoothing));
            if (information > 0 && total > 0)
            {
                rows[word].Add((context, (float)information));
            }
        }
    }
}
