using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Afterimage.Images;

namespace Afterimage.Tests.Images;

/// <summary>The pictures under Fixtures and small ones made by hand.</summary>
internal static class ImageFixtures
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Images", "Fixtures");

    public static IEnumerable<string> Names { get; } =
        [.. Directory.EnumerateFiles(Folder).Select(f => Path.GetFileName(f)!).Where(n => !n.EndsWith(".md", StringComparison.Ordinal)).Order()];

    public static byte[] Load(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    public static byte[] Png(params (string Type, byte[] Data)[] chunks) =>
        [.. PngChunks.Signature, .. chunks.SelectMany(c => PngMetadata.Chunk(Encoding.ASCII.GetBytes(c.Type), c.Data))];

    public static byte[] PngHeader(uint width, uint height, byte depth = 8, byte colour = 2)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        header[8] = depth;
        header[9] = colour;
        return header;
    }

    public static byte[] Zlib(byte[] data)
    {
        var output = new MemoryStream();
        using (var zlib = new ZLibStream(output, CompressionLevel.SmallestSize))
        {
            zlib.Write(data);
        }

        return output.ToArray();
    }

    /// <summary>A complete PNG of one colour with extra chunks before the pixels.</summary>
    public static byte[] SmallPng(int width = 4, int height = 4, params (string Type, byte[] Data)[] extra) => Png(
    [
        ("IHDR", PngHeader((uint)width, (uint)height)),
        .. extra,
        ("IDAT", Zlib(new byte[height * (1 + (3 * width))])),
        ("IEND", []),
    ]);

    public static (string, byte[]) Text(string keyword, string text) => ("tEXt", [.. Encoding.Latin1.GetBytes(keyword), 0, .. Encoding.UTF8.GetBytes(text)]);
}
