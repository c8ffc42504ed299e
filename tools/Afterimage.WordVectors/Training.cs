using Runtime = Afterimage.Text.BuiltIn.WordVectors;

namespace Afterimage.Tools.WordVectors;

/// <summary>The way from texts to the table: co-occurrence, directions, weights, the common direction out, tuning on pairs, aliases.</summary>
internal static class Training
{
    private const int Dimensions = 192;
    private const int Epochs = 8;
    private const double SifConstant = 1e-3;
    private const int SynonymSenses = 2;
    private const int AliasSteps = 2;
    private const int AliasSenses = 3;

    public static byte[] Run(string data, string wordNetFolder, TextWriter log)
    {
        Corpus corpus = Corpus.Read(data, log);
        WordNet wordNet = WordNet.Read(wordNetFolder);
        float[][] vectors = TruncatedSvd.Of(Cooccurrence.Of(corpus, log), Dimensions, log);
        Weigh(corpus, vectors);
        RemoveCommonDirection(corpus, vectors);
        int[][] synonyms = [.. corpus.Words.Select(w => Numbers(corpus, wordNet.Synonyms(w, SynonymSenses)))];
        var retrofitter = new Retrofitter(corpus, synonyms, [.. corpus.Words.Select(w => Numbers(corpus, wordNet.Relatives(w)))]);
        retrofitter.Move(vectors);
        var pairs = new PairMaker(corpus, synonyms, new Random(20260102));
        var tuner = new PairTuner(vectors, Dimensions);
        for (int epoch = 1; epoch <= Epochs; epoch++)
        {
            log.WriteLine($"tuning {epoch} of {Epochs}: loss {tuner.Epoch(pairs.Draw()):0.0000}");
        }

        // Again: tuning has moved the common words and hardly touched the rare ones.
        retrofitter.Move(vectors);
        List<(string Word, int[] Rows)> aliases = Aliases(corpus, wordNet);
        log.WriteLine($"{aliases.Count} aliases");
        return TableWriter.Write(corpus.Words, vectors, aliases);
    }

    // Arora, Liang and Ma 2017: a / (a + p). What is common in either kind of text says little: the larger share counts.
    private static void Weigh(Corpus corpus, float[][] vectors)
    {
        double prompts = corpus.PromptCounts.Sum(), captions = corpus.CaptionCounts.Sum();
        for (int w = 0; w < vectors.Length; w++)
        {
            double share = Math.Max(corpus.PromptCounts[w] / prompts, corpus.CaptionCounts[w] / captions);
            FixedOrder.Normalize(vectors[w]);
            FixedOrder.Scale(vectors[w], (float)(SifConstant / (SifConstant + share)));
        }
    }

    // The direction that all texts share, taken out of every word, so that it is out of every sum.
    private static void RemoveCommonDirection(Corpus corpus, float[][] vectors)
    {
        float[] common = new float[vectors[0].Length];
        for (int round = 0; round < 3; round++)
        {
            float[] next = new float[common.Length];
            foreach (int[] text in corpus.Prompts.Where((_, i) => i % 10 == 0).Concat(corpus.Photos.Select(p => p[0])))
            {
                float[] sum = new float[common.Length];
                foreach (int word in text)
                {
                    FixedOrder.Add(vectors[word], 1, sum);
                }

                FixedOrder.Normalize(sum);
                FixedOrder.Add(sum, round == 0 ? 1 : FixedOrder.Dot(sum, common), next);
            }

            FixedOrder.Normalize(next);
            common = next;
        }

        foreach (float[] vector in vectors)
        {
            FixedOrder.Add(common, -FixedOrder.Dot(vector, common), vector);
        }
    }

    private static List<(string Word, int[] Rows)> Aliases(Corpus corpus, WordNet wordNet)
    {
        var aliases = new List<(string Word, int[] Rows)>();
        foreach (string lemma in wordNet.Lemmas.Where(l => l.Length >= 3 && corpus.NumberOf(l) < 0))
        {
            foreach (string[] ring in wordNet.Rings(lemma, AliasSteps, AliasSenses))
            {
                int[] rows = [.. Numbers(corpus, ring).OrderByDescending(r => corpus.PromptCounts[r] + corpus.CaptionCounts[r]).Take(Runtime.RowsPerAlias)];
                if (rows.Length > 0)
                {
                    aliases.Add((lemma, rows));
                    break;
                }
            }
        }

        return aliases;
    }

    private static int[] Numbers(Corpus corpus, IEnumerable<string> words) => [.. words.Select(corpus.NumberOf).Where(n => n >= 0).Distinct()];
}
