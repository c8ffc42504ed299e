using System.Text;

namespace Afterimage.Text.Lexicon;

/// <summary>The lemmas as one blob of ASCII with an open-addressing hash over it: 145,000 words without 145,000 objects.</summary>
internal sealed class LemmaTable
{
    private const int TextMax = 64;
    private readonly byte[] _text;
    private readonly int[] _starts;
    private readonly int[] _slots;

    private LemmaTable(byte[] text, int[] starts, int[] slots)
    {
        _text = text;
        _starts = starts;
        _slots = slots;
    }

    public int Count => _starts.Length - 1;

    /// <summary>Reads front-coded lemmas.</summary>
    public static LemmaTable Read(ref LexiconResource resource)
    {
        int count = resource.Varint();
        int[] starts = new int[count + 1];
        byte[] text = new byte[count * 16];
        int[] slots = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count * 2)];
        int previous = 0;
        for (int i = 0; i < count; i++)
        {
            int shared = resource.Byte();
            ReadOnlySpan<byte> rest = resource.Bytes(resource.Byte());
            int start = starts[i];
            if (start + shared + rest.Length > text.Length)
            {
                Array.Resize(ref text, text.Length * 2);
            }

            text.AsSpan(previous, shared).CopyTo(text.AsSpan(start));
            rest.CopyTo(text.AsSpan(start + shared));
            starts[i + 1] = start + shared + rest.Length;
            previous = start;
            uint slot = Hash(text.AsSpan(start, shared + rest.Length)) & (uint)(slots.Length - 1);
            while (slots[slot] != 0)
            {
                slot = (slot + 1) & (uint)(slots.Length - 1);
            }

            slots[slot] = i + 1;
        }

        return new LemmaTable(text, starts, slots);
    }

    /// <summary>The lemma's number, or -1. Only lower-case ASCII can be found.</summary>
    public int Find(ReadOnlySpan<char> word)
    {
        if (word.IsEmpty || word.Length > TextMax)
        {
            return -1;
        }

        Span<byte> ascii = stackalloc byte[TextMax];
        if (!Ascii.IsValid(word))
        {
            return -1;
        }

        int length = Encoding.ASCII.GetBytes(word, ascii);
        ascii = ascii[..length];
        uint slot = Hash(ascii) & (uint)(_slots.Length - 1);
        while (_slots[slot] is int entry and not 0)
        {
            if (Bytes(entry - 1).SequenceEqual(ascii))
            {
                return entry - 1;
            }

            slot = (slot + 1) & (uint)(_slots.Length - 1);
        }

        return -1;
    }

    public string Text(int lemma) => Encoding.ASCII.GetString(Bytes(lemma));

    private ReadOnlySpan<byte> Bytes(int lemma) => _text.AsSpan(_starts[lemma], _starts[lemma + 1] - _starts[lemma]);

    // FNV-1a with a final fold.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        uint hash = 2166136261;
        foreach (byte b in bytes)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash ^ (hash >> 15);
    }
}
