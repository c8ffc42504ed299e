using Afterimage.Text.BuiltIn;

namespace Afterimage.Tools.WordVectors;

/// <summary>
/// The texts that the table is learnt from, as word numbers: prompts (each once) and the captions of photos (five a photo). Only sets whose
/// licence allows shipped resources to be derived from them.
/// </summary>
internal sealed class Corpus
{
    private const int CountMin = 6;
    private const int CaptionCountMin = 3;

    private readonly Dictionary<string, int> _numbers = [];

    private Corpus(List<string> words, long[] promptCounts, long[] captionCounts)
    {
        (Words, PromptCounts, CaptionCounts) = (words, promptCounts, captionCounts);
        for (int i = 0; i < words.Count; i++)
        {
            _numbers[words[i]] = i;
        }
    }

    /// <summary>The vocabulary in ordinal order.</summary>
    public List<string> Words { get; }

    public long[] PromptCounts { get; }

    public long[] CaptionCounts { get; }

    public List<int[]> Prompts { get; } = [];

    /// <summary>Captions by photo.</summary>
    public List<int[][]> Photos { get; } = [];

    public int NumberOf(string word) => _numbers.GetValueOrDefault(word, -1);

    /// <param name="data">The folder <c>shared/data</c>.</param>
    /// <param name="log">Progress for people.</param>
    public static Corpus Read(string data, TextWriter log)
    {
        var prompts = new List<string>();
        var seen = new HashSet<string>();
        foreach (string prompt in TextSource.Column(Path.Combine(data, "traces/requests.tsv.gz"), "prompt")
            .Concat(TextSource.Column(Path.Combine(data, "text/diffusiondb-prompts.tsv.gz"), "prompt"))
            .Concat(TextSource.Lines(Path.Combine(data, "text/pickapic-prompts.txt.gz")))
            .Concat(TextSource.Column(Path.Combine(data, "text/dsg-prompts.tsv.gz"), "text")))
        {
            if (seen.Add(prompt))
            {
                prompts.Add(prompt);
            }
        }

        string captionFile = Path.Combine(data, "text/coco-captions.tsv.gz");
        string[] ids = [.. TextSource.Column(captionFile, "image_id")];
        string[] captions = [.. TextSource.Column(captionFile, "caption")];
        string pairFile = Path.Combine(data, "pairs/cxc.tsv");
        string[] pairCaptions = [.. TextSource.Column(pairFile, "a").Concat(TextSource.Column(pairFile, "b")).Distinct()];

        Dictionary<string, long> promptCounts = Count(prompts), captionCounts = Count(captions.Concat(pairCaptions));
        List<string> words = [.. promptCounts.Keys.Union(captionCounts.Keys)
            .Where(w => promptCounts.GetValueOrDefault(w) + captionCounts.GetValueOrDefault(w) >= CountMin || captionCounts.GetValueOrDefault(w) >= CaptionCountMin)
            .Order(StringComparer.Ordinal)];
        var corpus = new Corpus(words, [.. words.Select(w => promptCounts.GetValueOrDefault(w))], [.. words.Select(w => captionCounts.GetValueOrDefault(w))]);
        corpus.Prompts.AddRange(prompts.Select(corpus.Number).Where(p => p.Length > 0));
        foreach (var photo in ids.Zip(captions).GroupBy(c => c.First, c => c.Second))
        {
            corpus.Photos.Add([.. photo.Select(corpus.Number)]);
        }

        // A caption without its photo: a photo of one caption.
        corpus.Photos.AddRange(pairCaptions.Except(captions).Select(c => new[] { corpus.Number(c) }));
        log.WriteLine($"{corpus.Prompts.Count} prompts, {corpus.Photos.Count} photos, {words.Count} words");
        return corpus;
    }

    /// <summary>The known words of a text, in order.</summary>
    public int[] Number(string text)
    {
        var numbers = new List<int>();
        foreach (string word in Cut(text))
        {
            if (_numbers.TryGetValue(word, out int number))
            {
                numbers.Add(number);
            }
        }

        return [.. numbers];
    }

    private static Dictionary<string, long> Count(IEnumerable<string> texts)
    {
        var counts = new Dictionary<string, long>();
        foreach (string text in texts)
        {
            foreach (string word in Cut(text))
            {
                counts[word] = counts.GetValueOrDefault(word) + 1;
            }
        }

        return counts;
    }

    private static List<string> Cut(string text)
    {
        var words = new List<string>();
        var scanner = new WordScanner(text, stackalloc char[WordScanner.WordLengthMax + 2]);
        while (scanner.MoveNext())
        {
            if (scanner.Kind == WordKind.Word)
            {
                words.Add(scanner.Word.ToString());
            }
        }

        return words;
    }
}
