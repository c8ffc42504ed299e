using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Afterimage.Text.BuiltIn;

/// <summary>
/// The word table of the built-in embedder: what words of real prompts and captions mean, as 8-bit vectors. Immutable; made by
/// <c>tools/Afterimage.WordVectors</c>; the file format is in <c>docs/embedding-builtin.md</c>.
/// </summary>
public sealed class WordVectors
{
    internal const int PreambleLength = 32;
    internal const int RowsPerAlias = 3;
    internal const ushort NoRow = ushort.MaxValue;
    internal const uint FormatVersion = 1;

    private const double BorrowerShare = 0.8;
    private const string ResourceName = "Afterimage.Text.BuiltIn.word-vectors.bin";
    private static readonly Lazy<WordVectors> Shared = new(LoadResource);

    private readonly sbyte[] _table;
    private readonly ushort[] _weights;
    private readonly ushort[] _aliasRows;
    private readonly char[] _characters;
    private readonly int[] _starts;
    private readonly int[] _slots;

    private WordVectors(int dimensions, int rows, uint contentId, int unknownNorm, sbyte[] table, ushort[] weights, ushort[] aliasRows, char[] characters, int[] starts)
    {
        (Dimensions, Rows, ContentId, UnknownNorm) = (dimensions, rows, contentId, unknownNorm);
        (_table, _weights, _aliasRows, _characters, _starts) = (table, weights, aliasRows, characters, starts);
        _slots = BuildSlots();
    }

    /// <summary>The table in the package. Loaded at first use, a few milliseconds.</summary>
    public static WordVectors Default => Shared.Value;

    /// <summary>Components of a word's vector.</summary>
    public int Dimensions { get; }

    /// <summary>Words with a vector of their own; the others borrow those of their synonyms.</summary>
    public int Rows { get; }

    /// <summary>Words known, the borrowers included.</summary>
    public int Count => _weights.Length;

    /// <summary>Check sum of the table's content; part of the embedding space's id.</summary>
    public uint ContentId { get; }

    /// <summary>Length of the vector of a word that the table does not know, in the table's integer units.</summary>
    internal int UnknownNorm { get; }

    /// <summary>Whether the table knows the word (lower case, one word as <see cref="WordScanner"/> cuts it).</summary>
    public bool Contains(ReadOnlySpan<char> word) => Find(word) >= 0;

    /// <summary>
    /// Cosine of two words' vectors, -1 to 1; 1 for equal words, 0 where one of them is unknown. Words that appear in the same places are similar whether
    /// they mean the same (<c>picture</c>, <c>image</c>) or exclude each other (<c>red</c>, <c>blue</c>): evidence for a synonym, never proof.
    /// </summary>
    public float Similarity(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        if (a.SequenceEqual(b))
        {
            return 1;
        }

        int first = Find(a), second = Find(b);
        if (first < 0 || second < 0)
        {
            return 0;
        }

        Span<int> x = stackalloc int[Dimensions];
        Span<int> y = stackalloc int[Dimensions];
        x.Clear();
        y.Clear();
        AddRows(first, x, 1);
        AddRows(second, y, 1);
        long dot = 0, xx = 0, yy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            dot += (long)x[i] * y[i];
            xx += (long)x[i] * x[i];
            yy += (long)y[i] * y[i];
        }

        // Two words that borrow from the same third are not the same word.
        double sure = (HasRow(first) ? 1 : BorrowerShare) * (HasRow(second) ? 1 : BorrowerShare);
        return xx == 0 || yy == 0 ? 0 : (float)(sure * dot / Math.Sqrt((double)xx * yy));
    }

    /// <summary>Number of the word, or -1.</summary>
    internal int Find(ReadOnlySpan<char> word)
    {
        int mask = _slots.Length - 1;
        for (int slot = (int)WordHash.Of(word) & mask; ; slot = (slot + 1) & mask)
        {
            int found = _slots[slot] - 1;
            if (found < 0 || Spelling(found).SequenceEqual(word))
            {
                return found;
            }
        }
    }

    internal ReadOnlySpan<char> Spelling(int word) => _characters.AsSpan(_starts[word].._starts[word + 1]);

    internal int WeightOf(int word) => _weights[word];

    /// <summary>Whether the word has a vector of its own.</summary>
    internal bool HasRow(int word) => word < Rows;

    /// <summary>Adds the word's vector times its weight, or <paramref name="share"/> eighths of it.</summary>
    internal void AddTo(int word, Span<int> sum, int share = 8) => AddRows(word, sum, Math.Max(1, _weights[word] * share / 8));

    private void AddRows(int word, Span<int> sum, int weight)
    {
        if (word < Rows)
        {
            WordKernel.Add(_table.AsSpan(word * Dimensions, Dimensions), weight, sum);
            return;
        }

        foreach (ushort row in _aliasRows.AsSpan((word - Rows) * RowsPerAlias, RowsPerAlias))
        {
            if (row != NoRow)
            {
                WordKernel.Add(_table.AsSpan(row * Dimensions, Dimensions), weight, sum);
            }
        }
    }

    private int[] BuildSlots()
    {
        int[] slots = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(Count * 2) + 1)];
        for (int word = 0; word < Count; word++)
        {
            int slot = (int)WordHash.Of(Spelling(word)) & (slots.Length - 1);
            while (slots[slot] != 0)
            {
                slot = (slot + 1) & (slots.Length - 1);
            }

            slots[slot] = word + 1;
        }

        return slots;
    }

    private static WordVectors LoadResource()
    {
        using Stream stream = typeof(WordVectors).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"resource {ResourceName} is missing from the assembly");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Read(bytes);
    }

    /// <summary>Reads a table file. Throws <see cref="InvalidDataException"/> where it is not one.</summary>
    internal static WordVectors Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < PreambleLength || !file.StartsWith("AIWV"u8) || BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) != FormatVersion)
        {
            throw new InvalidDataException("not a word table of this version");
        }

        int dimensions = BinaryPrimitives.ReadInt32LittleEndian(file[8..]);
        int rows = BinaryPrimitives.ReadInt32LittleEndian(file[12..]);
        int words = BinaryPrimitives.ReadInt32LittleEndian(file[16..]);
        int spellingBytes = BinaryPrimitives.ReadInt32LittleEndian(file[20..]);
        uint contentId = BinaryPrimitives.ReadUInt32LittleEndian(file[24..]);
        int unknownNorm = BinaryPrimitives.ReadInt32LittleEndian(file[28..]);
        if (dimensions is < 8 or > 1024 || dimensions % 8 != 0 || rows is < 0 or >= NoRow || words < rows || spellingBytes < 0
            || file.Length != PreambleLength + ((long)rows * dimensions) + (words * 2L) + ((words - rows) * 2L * RowsPerAlias) + spellingBytes)
        {
            throw new InvalidDataException("the word table's lengths do not fit together");
        }

        ReadOnlySpan<byte> rest = file[PreambleLength..];
        sbyte[] table = MemoryMarshal.Cast<byte, sbyte>(rest[..(rows * dimensions)]).ToArray();
        rest = rest[(rows * dimensions)..];
        ushort[] weights = ReadNumbers(ref rest, words);
        ushort[] aliasRows = ReadNumbers(ref rest, (words - rows) * RowsPerAlias);
        (char[] characters, int[] starts) = ReadSpellings(rest, words);
        return new WordVectors(dimensions, rows, contentId, unknownNorm, table, weights, aliasRows, characters, starts);
    }

    private static ushort[] ReadNumbers(ref ReadOnlySpan<byte> rest, int count)
    {
        ushort[] numbers = new ushort[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = BinaryPrimitives.ReadUInt16LittleEndian(rest[(i * 2)..]);
        }

        rest = rest[(count * 2)..];
        return numbers;
    }

    // Front coding: bytes shared with the word before, bytes of its own, those bytes (UTF-8). Neighbours in alphabetical order share most.
    private static (char[] Characters, int[] Starts) ReadSpellings(ReadOnlySpan<byte> rest, int words)
    {
        var characters = new List<char>(words * 8);
        int[] starts = new int[words + 1];
        Span<byte> spelling = stackalloc byte[512];
        Span<char> decoded = stackalloc char[512];
        for (int word = 0, at = 0; word < words; word++)
        {
            int shared = rest[at], own = rest[at + 1];
            rest.Slice(at + 2, own).CopyTo(spelling[shared..]);
            at += 2 + own;
            int length = Encoding.UTF8.GetChars(spelling[..(shared + own)], decoded);
            characters.AddRange(decoded[..length]);
            starts[word + 1] = characters.Count;
        }

        return ([.. characters], starts);
    }
}
