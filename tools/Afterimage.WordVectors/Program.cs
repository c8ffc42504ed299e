// Makes and measures the word table of the built-in embedder:
//   dotnet run -c Release --project tools/Afterimage.WordVectors -- train ../shared/data src/Afterimage.Core/Text/BuiltIn/word-vectors.bin
//   dotnet run -c Release --project tools/Afterimage.WordVectors -- recall ../shared/data [TABLE]
//   dotnet run -c Release --project tools/Afterimage.WordVectors -- near TABLE WORD...
// WordNet 3.0 is read from /usr/share/wordnet (Debian package wordnet-base) or from the folder in WORDNET.
using Afterimage.Text;
using Afterimage.Tools.WordVectors;
using Runtime = Afterimage.Text.BuiltIn.WordVectors;

string wordNet = Environment.GetEnvironmentVariable("WORDNET") ?? "/usr/share/wordnet";
switch (args)
{
    case ["train", var data, var table]:
        byte[] file = Training.Run(data, wordNet, Console.Error);
        File.WriteAllBytes(table, file);
        Console.WriteLine($"{table}: {file.Length} bytes");
        return 0;
    case ["recall", var data, .. var rest]:
        var words = rest.Length > 0 ? Runtime.Read(File.ReadAllBytes(rest[0])) : Runtime.Default;
        new Recall(new BuiltInEmbedder(words), data).Print(Console.Out);
        return 0;
    case ["near", var table, .. var asked]:
        var known = Runtime.Read(File.ReadAllBytes(table));
        string[] spellings = [.. Enumerable.Range(0, known.Count).Select(i => known.Spelling(i).ToString())];
        foreach (string word in asked)
        {
            var nearest = spellings.Select(s => (Word: s, Cosine: known.Similarity(word, s))).OrderByDescending(n => n.Cosine).Take(12);
            Console.WriteLine($"{word}: {string.Join(", ", nearest.Select(n => $"{n.Word} {n.Cosine:0.00}"))}");
        }

        return 0;
    default:
        Console.Error.WriteLine("usage: Afterimage.WordVectors train DATA TABLE | recall DATA [TABLE] | near TABLE WORD...");
        return 2;
}
