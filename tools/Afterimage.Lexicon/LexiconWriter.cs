using System.IO.Compression;
using System.Text;

namespace Afterimage.LexiconTool;

/// <summary>
/// Packs the lexicon: little varints, then Brotli. Layout (read by <c>Afterimage.Text.Lexicon.LexiconResource</c>): "AILX", version, then
/// lemmas front-coded; senses (first mention of a synset is 0, else distance back + 1; tag count scaled to a byte); synsets (part of speech,
/// topic, links); irregular forms; antonyms; derivations; definitions.
/// </summary>
internal static class LexiconWriter
{
    public static byte[] Write(WordNet net)
    {
        var plain = new MemoryStream();
        plain.Write("AILX"u8);
        plain.WriteByte(1);
        WriteLemmas(plain, net);
        WriteSenses(plain, net);
        WriteSynsets(plain, net);
        WriteExceptions(plain, net);
        WritePairs(plain, net.Antonyms);
        WritePairs(plain, net.Derivations);
        WriteDefinitions(plain, net);
        var packed = new MemoryStream();
        packed.Write(BitConverter.GetBytes((int)plain.Length));
        using (var brotli = new BrotliStream(packed, new BrotliCompressionOptions { Quality = 11 }, leaveOpen: true))
        {
            brotli.Write(plain.GetBuffer(), 0, (int)plain.Length);
        }

        return packed.ToArray();
    }

    private static void Varint(Stream stream, int value)
    {
        uint rest = (uint)value;
        while (rest >= 0x80)
        {
            stream.WriteByte((byte)(rest | 0x80));
            rest >>= 7;
        }

        stream.WriteByte((byte)rest);
    }

    private static void FrontCoded(Stream stream, string text, ref string last)
    {
        int shared = 0;
        while (shared < text.Length && shared < last.Length && text[shared] == last[shared])
        {
            shared++;
        }

        stream.WriteByte((byte)shared);
        stream.WriteByte((byte)(text.Length - shared));
        stream.Write(Encoding.ASCII.GetBytes(text[shared..]));
        last = text;
    }

    private static void WriteLemmas(Stream stream, WordNet net)
    {
        Varint(stream, net.Lemmas.Count);
        string last = "";
        foreach (string lemma in net.Lemmas)
        {
            FrontCoded(stream, lemma, ref last);
        }
    }

    private static void WriteSenses(Stream stream, WordNet net)
    {
        int next = 0;
        Varint(stream, net.Senses.Sum(s => s.Count));
        foreach (List<Sense> senses in net.Senses)
        {
            Varint(stream, senses.Count);
            foreach (Sense sense in senses)
            {
                Varint(stream, sense.Synset == next ? 0 : next - sense.Synset);
                next = Math.Max(next, sense.Synset + 1);
                stream.WriteByte((byte)Math.Min(255, Math.Round(20 * Math.Log2(1 + sense.TagCount))));
            }
        }
    }

    private static void WriteSynsets(Stream stream, WordNet net)
    {
        Varint(stream, net.Synsets.Count);
        foreach (Synset synset in net.Synsets)
        {
            stream.WriteByte((byte)synset.Pos);
        }

        foreach (Synset synset in net.Synsets)
        {
            stream.WriteByte((byte)synset.Topic);
        }

        WriteLinks(stream, net, s => s.Hypernyms);
        WriteLinks(stream, net, s => s.Similar);
        WriteLinks(stream, net, s => s.Attributes);
    }

    private static void WriteLinks(Stream stream, WordNet net, Func<Synset, List<int>> links)
    {
        Varint(stream, net.Synsets.Sum(s => links(s).Count));
        foreach (Synset synset in net.Synsets)
        {
            Varint(stream, links(synset).Count);
        }

        foreach (int target in net.Synsets.SelectMany(links))
        {
            Varint(stream, target);
        }
    }

    private static void WriteExceptions(Stream stream, WordNet net)
    {
        Varint(stream, net.Exceptions.Count);
        string last = "";
        foreach ((string form, int pos, int lemma) in net.Exceptions)
        {
            FrontCoded(stream, form, ref last);
            stream.WriteByte((byte)pos);
            Varint(stream, lemma);
        }
    }

    private static void WritePairs(Stream stream, SortedSet<(int, int)> pairs)
    {
        Varint(stream, pairs.Count);
        int last = 0;
        foreach ((int a, int b) in pairs)
        {
            Varint(stream, a - last);
            Varint(stream, b - a);
            last = a;
        }
    }

    private static void WriteDefinitions(Stream stream, WordNet net)
    {
        Varint(stream, net.Definitions.Count);
        int last = 0;
        foreach ((int synset, int[] modifiers, int head) in net.Definitions)
        {
            Varint(stream, synset - last);
            last = synset;
            Varint(stream, head);
            Varint(stream, modifiers.Length);
            foreach (int modifier in modifiers)
            {
                Varint(stream, modifier);
            }
        }
    }
}
