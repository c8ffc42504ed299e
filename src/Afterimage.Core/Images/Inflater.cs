using System.Buffers;
using System.IO.Compression;

namespace Afterimage.Images;

/// <summary>Inflates zlib data up to a hard bound.</summary>
internal static class Inflater
{
    /// <summary>The inflated bytes; null where the data is damaged or longer than <paramref name="bytesMax"/>.</summary>
    public static byte[]? TryInflate(ReadOnlySpan<byte> zlib, int bytesMax)
    {
        byte[] input = ArrayPool<byte>.Shared.Rent(zlib.Length);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(16 << 10);
        try
        {
            zlib.CopyTo(input);
            using var stream = new ZLibStream(new MemoryStream(input, 0, zlib.Length, writable: false), CompressionMode.Decompress);
            var output = new ArrayBufferWriter<byte>(1024);
            while (true)
            {
                int read = stream.Read(buffer);
                if (read == 0)
                {
                    return output.WrittenSpan.ToArray();
                }

                if (output.WrittenCount + read > bytesMax)
                {
                    return null;
                }

                output.Write(buffer.AsSpan(0, read));
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(input);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
