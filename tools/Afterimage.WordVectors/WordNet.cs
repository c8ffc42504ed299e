namespace Afterimage.Tools.WordVectors;

/// <summary>What the tool wants of WordNet 3.0 (Debian package <c>wordnet-base</c>): which single words may stand for which.</summary>
internal sealed class WordNet
{
    private static readonly string[] Parts = ["noun", "verb", "adj", "adv"];

    private readonly Dictionary<string, List<int[]>> _senses = [];
    private readonly List<string[]> _members = [];
    private readonly List<int[]> _parents = [];
    private ILookup<int, int> _children = Array.Empty<int>().ToLookup(i => i);

    /// <summary>All single lower-case words.</summary>
    public IEnumerable<string> Lemmas => _senses.Keys.Order(StringComparer.Ordinal);

    public static WordNet Read(string folder)
    {
        var net = new WordNet();
        foreach (string part in Parts)
        {
            net.ReadPart(folder, part);
        }

        net._children = net._parents.SelectMany((above, below) => above.Select(a => (Above: a, Below: below))).ToLookup(p => p.Above, p => p.Below);

        return net;
    }

    /// <summary>
    /// Words that mean the same in one of the word's first <paramref name="senses"/> senses of each part of speech, and of which that meaning is
    /// among the first two.
    /// </summary>
    public IEnumerable<string> Synonyms(string word, int senses)
    {
        foreach (int synset in _senses.GetValueOrDefault(word, []).SelectMany(part => part.Take(senses)))
        {
            foreach (string member in _members[synset])
            {
                if (member != word && _senses.TryGetValue(member, out List<int[]>? own) && own.Exists(part => part.Take(2).Contains(synset)))
                {
                    yield return member;
                }
            }
        }
    }

    /// <summary>Words one step above or below the word's first sense: what it is a kind of or similar to, and its kinds.</summary>
    public IEnumerable<string> Relatives(string word)
    {
        foreach (int synset in _senses.GetValueOrDefault(word, []).Select(part => part[0]))
        {
            foreach (string relative in _parents[synset].Concat(_children[synset]).SelectMany(s => _members[s]))
            {
                // Only where the relative, too, means this first of all: a "bat" is not a relative of clubs and of animals alike.
                if (relative != word && _senses.TryGetValue(relative, out List<int[]>? own)
                    && own.Exists(part => _parents[part[0]].Contains(synset) || _children[part[0]].Contains(synset)))
                {
                    yield return relative;
                }
            }
        }
    }

    /// <summary>Members of the word's first senses as each part of speech and, step by step, of what they are a kind of or similar to.</summary>
    public IEnumerable<string[]> Rings(string word, int steps, int senseMax)
    {
        if (!_senses.TryGetValue(word, out List<int[]>? senses))
        {
            yield break;
        }

        int[] ring = [.. senses.SelectMany(part => part.Take(senseMax)).Distinct()];
        for (int step = 0; step <= steps && ring.Length > 0; step++)
        {
            yield return [.. ring.SelectMany(s => _members[s]).Distinct()];
            ring = [.. ring.SelectMany(s => _parents[s]).Distinct()];
        }
    }

    private void ReadPart(string folder, string part)
    {
        var numbers = new Dictionary<int, int>();
        var pointers = new List<(int Synset, int Offset)>();
        foreach (string line in File.ReadLines(Path.Combine(folder, $"data.{part}")).Where(l => l.Length > 0 && l[0] != ' '))
        {
            string[] fields = line.Split('|')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int words = Convert.ToInt32(fields[3], 16);
            numbers[int.Parse(fields[0])] = _members.Count;
            string[] all = [.. Enumerable.Range(0, words).Select(i => fields[4 + (2 * i)].Split('(')[0])];
            int at = 4 + (2 * words);
            int count = int.Parse(fields[at++]);
            for (int i = 0; i < count; i++, at += 4)
            {
                // @ hypernym, & similar adjective; instances of something (@i) are names, and a name is not its kind.
                if (fields[at] is "@" or "&" && fields[at + 2][0] == part[0])
                {
                    pointers.Add((_members.Count, int.Parse(fields[at + 1])));
                }
            }

            _members.Add([.. all.Where(w => w.All(char.IsAsciiLetterLower))]);
        }

        var parents = pointers.ToLookup(p => p.Synset, p => numbers[p.Offset]);
        while (_parents.Count < _members.Count)
        {
            _parents.Add([.. parents[_parents.Count]]);
        }

        foreach (string line in File.ReadLines(Path.Combine(folder, $"index.{part}")).Where(l => l.Length > 0 && l[0] != ' '))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int senses = int.Parse(fields[2]);
            int[] synsets = [.. fields[^senses..].Select(o => numbers[int.Parse(o)])];

            // The index is lower-case throughout; a word that its synset writes with a capital is a name.
            if (fields[0].Length >= 2 && fields[0].All(char.IsAsciiLetterLower) && synsets.Any(s => _members[s].Contains(fields[0])))
            {
                if (!_senses.TryGetValue(fields[0], out List<int[]>? known))
                {
                    _senses[fields[0]] = known = [];
                }

                known.Add(synsets);
            }
        }
    }
}
