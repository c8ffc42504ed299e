using System.Buffers.Binary;
using System.IO.Compression;

namespace Afterimage.Text.Lexicon;

/// <summary>Reads the packed lexicon that <c>tools/Afterimage.Lexicon</c> writes; its LexiconWriter describes the layout.</summary>
internal ref struct LexiconResource
{
    private const string Name = "Afterimage.Text.Lexicon.wordnet.bin";
    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    private LexiconResource(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Unpacks the embedded lexicon and places the reader behind its header.</summary>
    public static LexiconResource Open()
    {
        using Stream stream = typeof(LexiconResource).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidDataException($"{Name} is not embedded");
        Span<byte> length = stackalloc byte[4];
        stream.ReadExactly(length);
        byte[] plain = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
        using var brotli = new BrotliStream(stream, CompressionMode.Decompress);
        brotli.ReadExactly(plain);
        if (!plain.AsSpan().StartsWith("AILX\u0001"u8))
        {
            throw new InvalidDataException($"{Name} is not a lexicon of version 1");
        }

        return new LexiconResource(plain) { _at = 5 };
    }

    public byte Byte() => _bytes[_at++];

    public ReadOnlySpan<byte> Bytes(int count)
    {
        ReadOnlySpan<byte> bytes = _bytes.Slice(_at, count);
        _at += count;
        return bytes;
    }

    public int Varint()
    {
        uint value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = _bytes[_at++];
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return (int)value;
            }
        }
    }
}
