using Afterimage.Matching;

namespace Afterimage.CalibrationTool;

/// <summary>Tables and samples of what the matcher says of labelled pairs.</summary>
internal static class Reports
{
    private static string[] SetsOf(string folder) => [.. Directory.GetFiles(folder, "*.tsv").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    public static int Table(string folder)
    {
        foreach (string set in SetsOf(folder))
        {
            var judged = Judge(PairRow.Load(Path.Combine(folder, $"{set}.tsv")));
            foreach (var group in judged.Where(j => j.Row.Label is not null).GroupBy(j => (j.Row.Category, j.Row.Label)).OrderBy(g => g.Key))
            {
                Line(set, $"{group.Key.Category}={group.Key.Label}", [.. group.Select(g => g.Verdict)]);
            }

            foreach (var group in judged.Where(j => j.Row.Label is not null).GroupBy(j => j.Row.Label).OrderBy(g => g.Key))
            {
                Line(set, $"TOTAL={group.Key}", [.. group.Select(g => g.Verdict)]);
            }

            if (judged.Any(j => j.Row.Score is not null))
            {
                Console.WriteLine($"{set,-16} spearman {Spearman([.. judged.Select(j => (j.Verdict.Probability, j.Row.Score!.Value))]):0.000}");
            }
        }

        return 0;
    }

    public static int Show(string folder, string set, string category, int label, int count)
    {
        var wrong = Judge(PairRow.Load(Path.Combine(folder, $"{set}.tsv")))
            .Where(j => j.Row.Label == label && (category == "*" || j.Row.Category == category) && (j.Verdict.Decision == Decision.Reuse) != (label == 1)).ToList();
        var random = new Random(7);
        foreach ((PairRow row, Verdict verdict) in wrong.OrderBy(_ => random.Next()).Take(count))
        {
            Console.WriteLine($"[{row.Category}] p={verdict.Probability:0.000} {string.Join("; ", verdict.Reasons)}\n   {row.A}\n   {row.B}");
        }

        Console.WriteLine($"{wrong.Count} wrong");
        return 0;
    }

    /// <summary>Rows without conflict whose probability lies between two bounds.</summary>
    public static int Between(string folder, string set, string category, int label, double low, double high)
    {
        var random = new Random(7);
        foreach ((PairRow row, Verdict verdict) in Judge(PairRow.Load(Path.Combine(folder, $"{set}.tsv")))
            .Where(j => j.Row.Label == label && (category == "*" || j.Row.Category == category) && j.Verdict.Probability >= low && j.Verdict.Probability < high)
            .OrderBy(_ => random.Next()).Take(40))
        {
            Console.WriteLine($"[{row.Category}] p={verdict.Probability:0.000} {string.Join("; ", verdict.Reasons)}\n   {row.A}\n   {row.B}");
        }

        return 0;
    }

    /// <summary>Likeness and vector similarity of word pairs written "a/b".</summary>
    public static int Words(string[] pairs)
    {
        foreach (string pair in pairs)
        {
            string[] ab = pair.Split('/');
            var a = PromptReading.Of("the " + ab[0]).Words[1];
            var b = PromptReading.Of("the " + ab[1]).Words[1];
            Console.WriteLine($"{pair,-24} {Afterimage.Matching.Comparing.WordComparer.Compare(Afterimage.Text.Lexicon.WordLexicon.Shared, a, b)} "
                + $"{Afterimage.Text.BuiltIn.WordVectors.Default.Similarity(ab[0], ab[1]):0.00} {Afterimage.Text.BuiltIn.WordVectors.Default.Find(ab[0])} {Afterimage.Text.BuiltIn.WordVectors.Default.Find(ab[1])} weights {W(ab[0])} {W(ab[1])}");
            static int W(string w) => Afterimage.Text.BuiltIn.WordVectors.Default.Find(w) is int r and >= 0 ? Afterimage.Text.BuiltIn.WordVectors.Default.WeightOf(r) : -1;
        }

        return 0;
    }

    /// <summary>One line per row: label, score, what the comparison found.</summary>
    public static int Features(string file)
    {
        var embedder = new Afterimage.Text.BuiltInEmbedder();
        Console.WriteLine("category\tlabel\tscore\tsimilarity\tcoverage\tconflicts\tnouns\tadjectives\tverbs\tothers\tsynonyms\tneighbours\tderived\ttypos\tplurals"
            + "\tnear\tloose\tdifferent\tlone\tunverified\troot\ttotal");
        foreach (PairRow row in PairRow.Load(file))
        {
            var e = Afterimage.Matching.Comparing.PromptComparer.Compare(PromptReading.Of(row.A), PromptReading.Of(row.B));
            Console.WriteLine(string.Join('\t', row.Category, row.Label, row.Score, Similarity(embedder, row), e.Coverage, e.Conflicts.Count, e.Nouns, e.Adjectives, e.Verbs,
                e.Others, e.Synonyms, e.Neighbours, e.Derived, e.Typos, e.PluralChanges, e.PlacesNear, e.PlacesLoose, e.PlacesDifferent, e.PlacesLone, e.TiesUnverified + e.PlacesUnverified,
                e.RootChanged ? 1 : 0, e.Total));
        }

        return 0;
    }

    public static int Sweep(string folder)
    {
        double[] bounds = [0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995];
        Console.WriteLine($"{"",-40}{string.Join("", bounds.Select(b => $"{b,8:0.###}"))}");
        foreach (string set in SetsOf(folder))
        {
            var judged = Judge(PairRow.Load(Path.Combine(folder, $"{set}.tsv")));
            foreach (var group in judged.Where(j => j.Row.Label is not null && !(set == "generated" && j.Row.Category.StartsWith("swap", StringComparison.Ordinal)))
                .GroupBy(j => (j.Row.Category, j.Row.Label)).OrderBy(g => g.Key))
            {
                Console.WriteLine($"{set,-16}{group.Key.Category,-16}={group.Key.Label}      "
                    + string.Join("", bounds.Select(b => $"{100.0 * group.Count(g => g.Verdict.Probability >= b && g.Verdict.Probability > 0.4) / group.Count(),8:0.00}")));
            }
        }

        return 0;
    }

    public static int Read(string prompt)
    {
        PromptReading reading = PromptReading.Of(prompt);
        foreach (var word in reading.Words)
        {
            Console.WriteLine($"{word.Text,-20} {word.Kind,-9} {word.Tag,-12} {word.Place,-7} w={word.Weight:0.00} {(word.Negated ? "negated" : "")}{(word.Quoted ? " quoted" : "")}");
        }

        foreach (var link in reading.Links)
        {
            Console.WriteLine($"{link.Kind} {link.Place} {reading.Words[link.Dependent].Text} <- {string.Join(" | ", link.Governors.Select(g => reading.Words[g].Text))}");
        }

        return 0;
    }

    private static List<(PairRow Row, Verdict Verdict)> Judge(List<PairRow> rows)
    {
        var embedder = new Afterimage.Text.BuiltInEmbedder();
        var matcher = new MatcherPolicy(new MatcherOptions { SpaceId = embedder.Space.Id });
        return [.. rows.AsParallel().AsOrdered().Select(row => (row, matcher.Judge(PromptReading.Of(row.A), PromptReading.Of(row.B), Similarity(embedder, row))))];
    }

    private static float Similarity(Afterimage.Text.BuiltInEmbedder embedder, PairRow row)
    {
        float[] vectors = new float[2 * embedder.Space.Dimensions];
        _ = embedder.EmbedAsync([row.A, row.B], vectors, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        float dot = 0;
        for (int i = 0; i < embedder.Space.Dimensions; i++)
        {
            dot += vectors[i] * vectors[embedder.Space.Dimensions + i];
        }

        return dot;
    }

    private static void Line(string set, string name, Verdict[] verdicts)
    {
        int reused = verdicts.Count(v => v.Decision == Decision.Reuse);
        Console.WriteLine($"{set,-16} {name,-22} {reused,5} / {verdicts.Length,-5} {100.0 * reused / verdicts.Length,7:0.00} %");
    }

    private static double Spearman((double X, double Y)[] pairs)
    {
        double[] x = Ranks([.. pairs.Select(p => p.X)]);
        double[] y = Ranks([.. pairs.Select(p => p.Y)]);
        double mx = x.Average();
        double my = y.Average();
        double xy = x.Zip(y, (a, b) => (a - mx) * (b - my)).Sum();
        return xy / Math.Sqrt(x.Sum(a => (a - mx) * (a - mx)) * y.Sum(b => (b - my) * (b - my)));
    }

    private static double[] Ranks(double[] values)
    {
        int[] order = [.. Enumerable.Range(0, values.Length).OrderBy(i => values[i])];
        double[] ranks = new double[values.Length];
        for (int i = 0; i < order.Length;)
        {
            int end = i;
            while (end < order.Length && values[order[end]] == values[order[i]])
            {
                end++;
            }

            for (int k = i; k < end; k++)
            {
                ranks[order[k]] = (i + end - 1) / 2.0;
            }

            i = end;
        }

        return ranks;
    }
}
