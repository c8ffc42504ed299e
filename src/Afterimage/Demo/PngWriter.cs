using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Text;

namespace Afterimage.Demo;

/// <summary>Writes 8-bit RGB or RGBA PNG with one text chunk.</summary>
internal static class PngWriter
{
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(i => Enumerable.Range(0, 8).Aggregate((uint)i, (c, _) => (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1))];

    public static byte[] Write(ReadOnlySpan<Vector4> pixels, int width, int height, bool alpha, string keyword, string text)
    {
        var png = new MemoryStream();
        png.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = (byte)(alpha ? 6 : 2);
        header[10..].Clear();
        Chunk(png, "IHDR"u8, header);
        WriteText(png, keyword, text);
        Chunk(png, "IDAT"u8, Compress(pixels, width, height, alpha));
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    // tEXt is Latin-1; generators switch to iTXt for everything else.
    private static void WriteText(MemoryStream png, string keyword, string text)
    {
        if (text.All(c => c < 256))
        {
            Chunk(png, "tEXt"u8, [.. Encoding.Latin1.GetBytes(keyword), 0, .. Encoding.Latin1.GetBytes(text)]);
        }
        else
        {
            Chunk(png, "iTXt"u8, [.. Encoding.Latin1.GetBytes(keyword), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)]);
        }
    }

    private static byte[] Compress(ReadOnlySpan<Vector4> pixels, int width, int height, bool alpha)
    {
        int size = alpha ? 4 : 3;
        int stride = width * size;
        byte[] row = new byte[stride], above = new byte[stride], filtered = new byte[stride + 1];
        var output = new MemoryStream(width * height / 2);
        using (var zlib = new ZLibStream(output, CompressionLevel.Fastest))
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    Vector4 colour = pixels[(y * width) + x];
                    colour = colour.W > 0.001f ? (colour / colour.W) with { W = colour.W } : Vector4.Zero;
                    colour = (Vector4.Clamp(colour, Vector4.Zero, Vector4.One) * 255) + new Vector4(0.5f);
                    row[x * size] = (byte)colour.X;
                    row[(x * size) + 1] = (byte)colour.Y;
                    row[(x * size) + 2] = (byte)colour.Z;
                    if (alpha)
                    {
                        row[(x * size) + 3] = (byte)colour.W;
                    }
                }

                // Filter 2 (difference to the row above) suits skies and grounds, which change from top to bottom.
                filtered[0] = 2;
                for (int i = 0; i < stride; i++)
                {
                    filtered[i + 1] = (byte)(row[i] - above[i]);
                }

                zlib.Write(filtered);
                (row, above) = (above, row);
            }
        }

        return output.ToArray();
    }

    private static void Chunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(type);
        png.Write(data);
        uint crc = ~0u;
        foreach (byte b in type)
        {
            crc = CrcTable[(crc ^ b) & 255] ^ (crc >> 8);
        }

        foreach (byte b in data)
        {
            crc = CrcTable[(crc ^ b) & 255] ^ (crc >> 8);
        }

        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        png.Write(number);
    }
}
