using System.Globalization;
using System.Text.RegularExpressions;

namespace Afterimage.LexiconTool;

/// <summary>Reads the dict files: <c>index.*</c>, <c>data.*</c>, <c>*.exc</c> and <c>cntlist.rev</c> (wndb(5WN), cntlist(5WN)).</summary>
internal sealed partial class WordNetReader
{
    private const int LemmaWordsMax = 3;
    private static readonly string[] Files = ["noun", "verb", "adj", "adv"];
    private readonly WordNet _net = new();
    private readonly Dictionary<string, int> _lemmas = new(StringComparer.Ordinal);
    private readonly Dictionary<(char, int), int> _synsets = [];
    private readonly Dictionary<(string, char, int), int> _tags = [];
    private readonly Dictionary<(char, int), DataLine> _data = [];

    private sealed record Pointer(string Symbol, int Offset, char Pos, int Source, int Target);

    private sealed record DataLine(char Pos, char Type, int Topic, string[] Words, Pointer[] Pointers, string Gloss);

    public static WordNet Read(string folder)
    {
        var reader = new WordNetReader();
        reader.ReadTags(Path.Combine(folder, "cntlist.rev"));
        foreach (string file in Files)
        {
            reader.ReadData(Path.Combine(folder, $"data.{file}"), Letter(file));
        }

        reader.ReadIndexes(folder);
        reader.Link();
        reader.ReadExceptions(folder);
        reader.ReadDefinitions();
        return reader._net;
    }

    private static char Letter(string file) => file switch { "noun" => 'n', "verb" => 'v', "adj" => 'a', _ => 'r' };

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Lines(string path) => File.ReadLines(path).Where(line => line.Length > 0 && line[0] != ' ');

    // lemma%ss_type:file:id:head:headid sense_number count
    private void ReadTags(string path)
    {
        foreach (string line in Lines(path))
        {
            string[] parts = line.Split(' ');
            int percent = parts[0].LastIndexOf('%');
            char pos = parts[0][percent + 1] switch { '1' => 'n', '2' => 'v', '4' => 'r', _ => 'a' };
            _tags[(parts[0][..percent], pos, Number(parts[1]))] = Number(parts[2]);
        }
    }

    private void ReadData(string path, char pos)
    {
        foreach (string line in Lines(path))
        {
            int bar = line.IndexOf('|', StringComparison.Ordinal);
            string[] f = line[..bar].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int wordCount = int.Parse(f[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            string[] words = [.. Enumerable.Range(0, wordCount).Select(i => Plain(f[4 + (2 * i)]))];
            int at = 4 + (2 * wordCount);
            var pointers = new Pointer[Number(f[at])];
            for (int i = 0; i < pointers.Length; i++)
            {
                int p = at + 1 + (4 * i);
                int link = int.Parse(f[p + 3], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                pointers[i] = new Pointer(f[p], Number(f[p + 1]), f[p + 2][0], link >> 8, link & 0xff);
            }

            _data[(pos, Number(f[0]))] = new DataLine(pos, f[2][0], Number(f[1]), words, pointers, line[(bar + 1)..].Trim());
        }
    }

    // "galore(ip)" carries its syntactic marker in the word; "_" stands for a space.
    private static string Plain(string word)
    {
        int marker = word.IndexOf('(', StringComparison.Ordinal);
        return (marker > 0 ? word[..marker] : word).Replace('_', ' ').ToLowerInvariant();
    }

    private void ReadIndexes(string folder)
    {
        var senses = new SortedDictionary<string, List<(char Pos, int Offset, int Tag)>>(StringComparer.Ordinal);
        foreach (string file in Files)
        {
            char pos = Letter(file);
            foreach (string line in Lines(Path.Combine(folder, $"index.{file}")))
            {
                string[] f = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                string lemma = f[0].Replace('_', ' ');
                if (lemma.Count(c => c == ' ') >= LemmaWordsMax || lemma.Any(c => c > 126))
                {
                    continue;
                }

                int count = Number(f[2]);
                List<(char, int, int)> list = senses.TryGetValue(lemma, out var known) ? known : senses[lemma] = [];
                for (int i = 0; i < count; i++)
                {
                    list.Add((pos, Number(f[^(count - i)]), _tags.GetValueOrDefault((f[0], pos, i + 1))));
                }
            }
        }

        foreach ((string lemma, var list) in senses)
        {
            _lemmas[lemma] = _net.Lemmas.Count;
            _net.Lemmas.Add(lemma);
            _net.Senses.Add([.. list.Select(s => new Sense(SynsetOf(s.Pos, s.Offset), s.Tag))]);
        }
    }

    private int SynsetOf(char pos, int offset)
    {
        if (!_synsets.TryGetValue((pos, offset), out int id))
        {
            DataLine data = _data[(pos, offset)];
            id = _synsets[(pos, offset)] = _net.Synsets.Count;
            int number = data.Type switch { 'n' => 0, 'v' => 1, 'a' => 2, 's' => 3, _ => 4 };
            _net.Synsets.Add(new Synset { Pos = number, Topic = data.Topic });
        }

        return id;
    }

    private void Link()
    {
        // Synsets all of whose lemmas were left out still join others: number them too, in a fixed order.
        foreach ((char pos, int offset) in _data.Keys.Order().ToArray())
        {
            SynsetOf(pos, offset);
        }

        foreach (((char pos, int offset), DataLine data) in _data)
        {
            Synset synset = _net.Synsets[_synsets[(pos, offset)]];
            foreach (Pointer pointer in data.Pointers)
            {
                LinkOne(synset, data, pointer);
            }
        }
    }

    private void LinkOne(Synset synset, DataLine data, Pointer pointer)
    {
        char targetPos = pointer.Pos == 's' ? 'a' : pointer.Pos;
        int target = _synsets[(targetPos, pointer.Offset)];
        switch (pointer.Symbol)
        {
            case "@" or "@i":
                synset.Hypernyms.Add(target);
                break;
            case "&" or "$" or "^" when pointer.Source == 0:
                synset.Similar.Add(target);
                break;
            case "=" when data.Pos == 'a':
                synset.Attributes.Add(target);
                break;
            case "!":
                Pair(_net.Antonyms, data, pointer, targetPos);
                break;
            case "+" or "\\" or "<":
                Pair(_net.Derivations, data, pointer, targetPos);
                break;
        }
    }

    private void Pair(SortedSet<(int, int)> pairs, DataLine data, Pointer pointer, char targetPos)
    {
        if (pointer.Source == 0
            || !_lemmas.TryGetValue(data.Words[pointer.Source - 1], out int a)
            || !_lemmas.TryGetValue(_data[(targetPos, pointer.Offset)].Words[pointer.Target - 1], out int b)
            || a == b)
        {
            return;
        }

        pairs.Add((Math.Min(a, b), Math.Max(a, b)));
    }

    private void ReadExceptions(string folder)
    {
        foreach (string file in Files)
        {
            int pos = file switch { "noun" => 0, "verb" => 1, "adj" => 2, _ => 4 };
            foreach (string line in Lines(Path.Combine(folder, $"{file}.exc")))
            {
                string[] f = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                foreach (string lemma in f.Skip(1))
                {
                    if (_lemmas.TryGetValue(lemma.Replace('_', ' '), out int id) && !f[0].Contains('_', StringComparison.Ordinal))
                    {
                        _net.Exceptions.Add((f[0], pos, id));
                    }
                }
            }
        }

        var sorted = _net.Exceptions.OrderBy(e => e.Form, StringComparer.Ordinal).ThenBy(e => e.Pos).ThenBy(e => e.Lemma).Distinct().ToList();
        _net.Exceptions.Clear();
        _net.Exceptions.AddRange(sorted);
    }

    private void ReadDefinitions()
    {
        foreach (((char pos, int offset), DataLine data) in _data.OrderBy(d => _synsets[d.Key]))
        {
            if (pos != 'n' || DefinitionPattern().Match(data.Gloss) is not { Success: true } match)
            {
                continue;
            }

            string head = match.Groups[2].Value;
            string[] modifiers = match.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            bool isGenus = data.Pointers.Any(p => p.Symbol == "@" && _data[('n', p.Offset)] is var up
                && (up.Words.Contains(head) || up.Pointers.Any(q => q.Symbol == "@" && _data[('n', q.Offset)].Words.Contains(head))));
            if (isGenus && _lemmas.TryGetValue(head, out int headId) && modifiers.All(_lemmas.ContainsKey))
            {
                _net.Definitions.Add((_synsets[(pos, offset)], [.. modifiers.Select(m => _lemmas[m])], headId));
            }
        }
    }

    [GeneratedRegex("^(?:an? |the )?((?:[a-z]+ ){1,2})([a-z]+)(?:$|;)")]
    private static partial Regex DefinitionPattern();
}
