using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Runtime = Afterimage.Text.BuiltIn.WordVectors;

namespace Afterimage.Tools.WordVectors;

/// <summary>Rounds vectors to 8 bits with a weight per word, and writes the file that <see cref="Runtime.Read"/> reads.</summary>
internal static class TableWriter
{
    /// <summary>The largest weight: 127 x this x the most words a prompt counts with stays below 2^31.</summary>
    private const int WeightMax = 4095;

    /// <summary>Length of an unknown word's vector, as a share of the median word's.</summary>
    private const double UnknownShare = 1;

    /// <param name="words">Words with vectors, in ordinal order.</param>
    /// <param name="vectors">Their vectors; the length is the word's weight.</param>
    /// <param name="aliases">Words without vectors, in ordinal order, with the words whose mean they stand for.</param>
    public static byte[] Write(IReadOnlyList<string> words, float[][] vectors, IReadOnlyList<(string Word, int[] Rows)> aliases)
    {
        int dimensions = vectors[0].Length;
        float[] largest = [.. vectors.Select(v => v.Max(MathF.Abs))];
        float unit = Percentile(largest, 0.999) / WeightMax;
        var body = new MemoryStream();
        var writer = new BinaryWriter(body);
        foreach ((float[] vector, float max) in vectors.Zip(largest))
        {
            foreach (float x in vector)
            {
                writer.Write((sbyte)Math.Clamp(MathF.Round(max > 0 ? x / max * 127 : 0), -127, 127));
            }
        }

        int[] weights = [.. largest.Select(max => Math.Clamp((int)MathF.Round(max / unit), 1, WeightMax))];
        foreach (int weight in weights)
        {
            writer.Write((ushort)weight);
        }

        foreach ((_, int[] rows) in aliases)
        {
            writer.Write((ushort)Math.Max(1, rows.Average(r => weights[r]) / rows.Length));
        }

        foreach ((_, int[] rows) in aliases)
        {
            for (int i = 0; i < Runtime.RowsPerAlias; i++)
            {
                writer.Write(i < rows.Length ? (ushort)rows[i] : Runtime.NoRow);
            }
        }

        long spellings = body.Length;
        WriteSpellings(writer, words);
        WriteSpellings(writer, [.. aliases.Select(a => a.Word)]);
        byte[] content = body.ToArray();
        byte[] file = new byte[Runtime.PreambleLength + content.Length];
        "AIWV"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), Runtime.FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(8), dimensions);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(12), words.Count);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), words.Count + aliases.Count);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(20), (int)(content.Length - spellings));
        SHA256.HashData(content).AsSpan(0, 4).CopyTo(file.AsSpan(24));
        double medianNorm = Percentile([.. vectors.Select(v => MathF.Sqrt(FixedOrder.Dot(v, v)))], 0.5);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(28), (int)(UnknownShare * medianNorm * 127 / unit));
        content.CopyTo(file.AsSpan(Runtime.PreambleLength));
        return file;
    }

    private static float Percentile(float[] values, double share) => values.Order().ElementAt((int)((values.Length - 1) * share));

    private static void WriteSpellings(BinaryWriter writer, IReadOnlyList<string> words)
    {
        byte[] before = [];
        foreach (string word in words)
        {
            byte[] now = Encoding.UTF8.GetBytes(word);
            int shared = 0;
            while (shared < before.Length && shared < now.Length && before[shared] == now[shared])
            {
                shared++;
            }

            writer.Write((byte)shared);
            writer.Write((byte)(now.Length - shared));
            writer.Write(now.AsSpan(shared));
            before = now;
        }
    }
}
