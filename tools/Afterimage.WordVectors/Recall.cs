using Afterimage.Matching;
using Afterimage.Text;

namespace Afterimage.Tools.WordVectors;

/// <summary>How well an embedder finds: for labelled pairs, is one side among the few nearest of the other in a large pool of real texts?</summary>
internal sealed class Recall
{
    private const int QueriesMax = 400;

    // As many as the gateway judges by default (Semantic:Candidates).
    private const int CandidatesDefault = 6;

    private readonly MatcherPolicy _matcher;
    private readonly int _dimensions;
    private readonly Dictionary<string, int> _places = [];
    private readonly float[] _pool;
    private readonly List<(string Set, string A, string B)> _pairs = [];
    private readonly List<(string Set, double Score, string A, string B)> _scored = [];

    public Recall(BuiltInEmbedder embedder, string data)
    {
        _dimensions = embedder.Space.Dimensions;
        _matcher = new MatcherPolicy(new MatcherOptions { SpaceId = embedder.Space.Id });
        foreach (string set in new[] { "seed", "generated", "cxc", "sick", "stsb-captions", "sugarcrepe_pp" })
        {
            ReadPairs(set, Path.Combine(data, "pairs", set + ".tsv"));
        }

        string[] texts = [.. TextSource.Column(Path.Combine(data, "text/diffusiondb-prompts.tsv.gz"), "prompt")
            .Concat(TextSource.Lines(Path.Combine(data, "text/pickapic-prompts.txt.gz")))
            .Concat(TextSource.Column(Path.Combine(data, "text/coco-captions.tsv.gz"), "caption"))];
        foreach (string text in texts.Concat(_pairs.SelectMany(p => new[] { p.A, p.B })).Concat(_scored.SelectMany(p => new[] { p.A, p.B })))
        {
            _places.TryAdd(text, _places.Count);
        }

        _pool = new float[_places.Count * _dimensions];
        Parallel.ForEach(_places, p => embedder.Embed(p.Key, _pool.AsSpan(p.Value * _dimensions, _dimensions)));
    }

    public void Print(TextWriter output)
    {
        output.WriteLine($"pool {_places.Count} texts, {_dimensions} dimensions");
        foreach (var set in _pairs.GroupBy(p => p.Set).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var pairs = set.Take(QueriesMax).ToList();
            int[] ranks = new int[pairs.Count];
            Parallel.For(0, pairs.Count, i => ranks[i] = Rank(pairs[i].A, pairs[i].B));
            double At(int k) => 100.0 * ranks.Count(r => r <= k) / ranks.Length;
            bool[] served = [.. pairs.Select(p => WouldServe(p.A, p.B))];
            double servedFound = 100.0 * ranks.Where((r, i) => served[i] && r <= CandidatesDefault).Count() / Math.Max(1, served.Count(s => s));
            double near = 100.0 * pairs.Count(p => FixedOrder.Dot(Row(p.A), Row(p.B)) >= 0.5f) / pairs.Count;
            output.WriteLine($"{set.Key,-28} {pairs.Count,5} pairs  recall@1 {At(1),6:0.0}  @6 {At(CandidatesDefault),6:0.0}  @8 {At(8),6:0.0}  @16 {At(16),6:0.0}  @32 {At(32),6:0.0}  @100 {At(100),6:0.0}  cosine from 0.5 {near,6:0.0}  "
                + $"of {served.Count(s => s)} that the matcher serves @{CandidatesDefault} {servedFound,6:0.0}");
        }

        foreach (var set in _scored.GroupBy(p => p.Set).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            double[] cosines = [.. set.Select(p => (double)FixedOrder.Dot(Row(p.A), Row(p.B)))];
            output.WriteLine($"{set.Key,-28} {cosines.Length,5} pairs  Spearman {Spearman(cosines, [.. set.Select(p => p.Score)]):0.000}");
        }
    }

    private void ReadPairs(string set, string path)
    {
        string[] header = TextSource.Lines(path).First().Split('\t');
        int label = Array.IndexOf(header, "label"), category = Array.IndexOf(header, "category"), score = Array.IndexOf(header, "score");
        int a = Array.IndexOf(header, "a"), b = Array.IndexOf(header, "b");
        foreach (string[] row in TextSource.Lines(path).Skip(1).Select(l => l.Split('\t')))
        {
            if (row[label] == "1" && row[a] != row[b])
            {
                _pairs.Add((set == row[category] || score >= 0 ? set : $"{set}/{row[category]}", row[a], row[b]));
            }

            if (score >= 0)
            {
                _scored.Add((set, double.Parse(row[score]), row[a], row[b]));
            }
        }
    }

    private bool WouldServe(string asked, string stored) =>
        _matcher.Judge(PromptReading.Of(asked), PromptReading.Of(stored), FixedOrder.Dot(Row(asked), Row(stored))).Decision == Decision.Reuse;

    private ReadOnlySpan<float> Row(string text) => _pool.AsSpan(_places[text] * _dimensions, _dimensions);

    // Texts of the pool at least as near as the partner, the asker itself left out.
    private int Rank(string asked, string partner)
    {
        ReadOnlySpan<float> query = Row(asked);
        float wanted = FixedOrder.Dot(query, Row(partner));
        int own = _places[asked], other = _places[partner], rank = 1;
        for (int i = 0; i < _places.Count; i++)
        {
            if (i != own && i != other && FixedOrder.Dot(query, _pool.AsSpan(i * _dimensions, _dimensions)) > wanted)
            {
                rank++;
            }
        }

        return rank;
    }

    private static double Spearman(double[] x, double[] y)
    {
        double[] a = Ranks(x), b = Ranks(y);
        double mean = (a.Length + 1) / 2.0, ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.Length; i++)
        {
            ab += (a[i] - mean) * (b[i] - mean);
            aa += (a[i] - mean) * (a[i] - mean);
            bb += (b[i] - mean) * (b[i] - mean);
        }

        return ab / Math.Sqrt(aa * bb);
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
                ranks[order[k]] = (i + 1 + end) / 2.0;
            }

            i = end;
        }

        return ranks;
    }
}
