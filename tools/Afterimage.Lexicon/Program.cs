// dotnet run -c Release --project tools/Afterimage.Lexicon -- [DICT-FOLDER] [OUTPUT]
// Reads WordNet 3.0 (Debian: apt-get install wordnet-base) and writes the lexicon that Core embeds. The same input gives the same bytes.
using Afterimage.LexiconTool;

string dict = args.Length > 0 ? args[0] : "/usr/share/wordnet";
string output = args.Length > 1 ? args[1] : Path.Combine("src", "Afterimage.Core", "Text", "Lexicon", "wordnet.bin");
if (!File.Exists(Path.Combine(dict, "data.noun")))
{
    Console.Error.WriteLine($"no WordNet in {dict}: apt-get install wordnet-base");
    return 1;
}

WordNet net = WordNetReader.Read(dict);
byte[] packed = LexiconWriter.Write(net);
File.WriteAllBytes(output, packed);
Console.WriteLine($"{net.Lemmas.Count} lemmas, {net.Synsets.Count} synsets, {net.Exceptions.Count} irregular forms, {net.Definitions.Count} definitions"
    + $" -> {output}, {packed.Length / 1024} KiB");
return 0;
