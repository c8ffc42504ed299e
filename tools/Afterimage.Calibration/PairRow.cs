namespace Afterimage.CalibrationTool;

/// <summary>One labelled pair of prompts.</summary>
/// <param name="Label">1 same picture, 0 not, null undecided.</param>
/// <param name="Score">People's similarity score where the set has one.</param>
internal sealed record PairRow(string Set, string Category, int? Label, double? Score, string A, string B)
{
    public static List<PairRow> Load(string file)
    {
        string[] lines = File.ReadAllLines(file);
        string[] names = lines[0].Split('\t');
        int label = Array.IndexOf(names, "label");
        int category = Array.IndexOf(names, "category");
        int score = Array.IndexOf(names, "score");
        int a = Array.IndexOf(names, "a");
        int b = Array.IndexOf(names, "b");
        var rows = new List<PairRow>(lines.Length);
        foreach (string line in lines.Skip(1))
        {
            string[] f = line.Split('\t');
            rows.Add(new PairRow(
                Path.GetFileNameWithoutExtension(file), f[category], f[label].Length == 0 ? null : int.Parse(f[label]),
                score < 0 ? null : double.Parse(f[score]), f[a], f[b]));
        }

        return rows;
    }
}
