using System.Globalization;
using System.Text;
using Afterimage.Matching.Evaluation;

namespace Afterimage.Commands.Evaluation;

/// <summary>
/// A file of labelled pairs: tab-separated, a header line that names at least <c>label</c>, <c>a</c> and <c>b</c>; <c>category</c> and <c>score</c> where known.
/// </summary>
internal static class PairTable
{
    /// <summary>Reads the whole file. Throws <see cref="InvalidDataException"/> with file, line and what is wrong.</summary>
    public static IReadOnlyList<LabelledPair> Read(string path)
    {
        using var reader = new StreamReader(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        try
        {
            return Read(path, reader);
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException($"{path}: not UTF-8 text");
        }
    }

    private static List<LabelledPair> Read(string path, TextReader reader)
    {
        string[] header = (reader.ReadLine() ?? throw new InvalidDataException($"{path}: the file is empty")).Split('\t');
        int label = Needed("label"), a = Needed("a"), b = Needed("b");
        int category = Array.IndexOf(header, "category"), score = Array.IndexOf(header, "score");
        var pairs = new List<LabelledPair>();
        int number = 1;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.Length == 0)
            {
                continue;
            }

            string[] fields = line.Split('\t');
            if (fields.Length != header.Length)
            {
                throw new InvalidDataException($"{path}, line {number}: {fields.Length} columns, the header has {header.Length}");
            }

            pairs.Add(new LabelledPair(
                Label(fields[label], path, number),
                category >= 0 ? fields[category] : "all",
                score >= 0 ? Score(fields[score], path, number) : null,
                fields[a],
                fields[b]));
        }

        return pairs;

        int Needed(string name)
        {
            int column = Array.IndexOf(header, name);
            return column >= 0 ? column : throw new InvalidDataException($"{path}: no column '{name}' in the header (found: {string.Join(", ", header)})");
        }
    }

    private static int? Label(string text, string path, int line) => text switch
    {
        "1" => 1,
        "0" => 0,
        "" => null,
        _ => throw new InvalidDataException($"{path}, line {line}: label '{text}' is not 1, 0 or empty"),
    };

    private static double? Score(string text, string path, int line) =>
        text.Length == 0 ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double score) && double.IsFinite(score) ? score
        : throw new InvalidDataException($"{path}, line {line}: score '{text}' is not a number");
}
