using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>
/// A model's 8-bit weights, packed once and mapped from a file beside the model ever after: start in milliseconds, no copy in memory of our own.
/// Layout: 128 bytes of preamble (magic, version, rotation version, bytes, fingerprint of the checkpoint, SHA-256 of the rest), then each dense layer
/// as <see cref="Int8Weights"/> lays it out, at multiples of 64 bytes. The file is derived: whatever does not fit is made again. Written under a
/// temporary name and renamed. Where the folder cannot be written, the weights live in memory.
/// </summary>
internal static unsafe class Int8File
{
    public const string Name = "model.int8.afterimage";

    /// <summary>Smaller models are packed at every start, which takes milliseconds, and leave no file behind.</summary>
    private const long BytesMin = 8_000_000;

    private const ulong Magic = 0x3854_4E49_4649_4641; // "AFIFINT8"
    private const int Version = 1, PreambleBytes = 128, Alignment = 64;

    public static Int8Weights[] Open(string folder, BertConfig config, BertCheckpoint checkpoint)
    {
        DenseShape[] shapes = DenseShape.All(config);
        long bytes = PreambleBytes + shapes.Sum(s => Aligned(Int8Weights.TotalBytes(s.Inputs, s.Outputs)));
        if (bytes < BytesMin)
        {
            return PackInMemory(shapes, bytes, checkpoint);
        }

        string path = Path.Combine(folder, Name);
        byte[] fingerprint = checkpoint.Fingerprint();
        if (TryMap(path, shapes, bytes, fingerprint) is { } mapped)
        {
            return mapped;
        }

        try
        {
            Write(path, shapes, bytes, fingerprint, checkpoint);
            return TryMap(path, shapes, bytes, fingerprint) ?? PackInMemory(shapes, bytes, checkpoint);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return PackInMemory(shapes, bytes, checkpoint);
        }
    }

    private static Int8Weights[] PackInMemory(DenseShape[] shapes, long bytes, BertCheckpoint checkpoint)
    {
        var memory = new NativeBuffer(bytes);
        Pack(shapes, checkpoint, memory.Start);
        return Views(memory, memory.Start, shapes);
    }

    private static void Pack(DenseShape[] shapes, BertCheckpoint checkpoint, byte* start)
    {
        long[] offsets = Offsets(shapes);
        DenseShape.ForEach(shapes, i =>
        {
            DenseShape shape = shapes[i];
            using var weight = new NativeBuffer((long)shape.Inputs * shape.Outputs * sizeof(float));
            var values = new Span<float>(weight.Floats, shape.Inputs * shape.Outputs);
            shape.ReadWeight(checkpoint, values);
            Int8Weights.Pack(values, shape.Inputs, shape.Outputs, start + offsets[i]);
        });
    }

    private static void Write(string path, DenseShape[] shapes, long bytes, byte[] fingerprint, BertCheckpoint checkpoint)
    {
        string temporary = $"{path}.{Environment.ProcessId:x}.tmp";
        try
        {
            using (var mapping = MemoryMappedFile.CreateFromFile(temporary, FileMode.CreateNew, null, bytes))
            using (var file = new MappedMemory(mapping, bytes, MemoryMappedFileAccess.ReadWrite))
            {
                Pack(shapes, checkpoint, file.Start);
                var preamble = new Span<byte>(file.Start, PreambleBytes);
                MemoryMarshal.Write(preamble, Magic);
                MemoryMarshal.Write(preamble[8..], Version);
                MemoryMarshal.Write(preamble[12..], Rotation.Version);
                MemoryMarshal.Write(preamble[16..], bytes);
                fingerprint.CopyTo(preamble[24..]);
                Digest(file.Start, bytes).CopyTo(preamble[56..]);
                file.Flush();
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The file's weights, or null where it is missing, of another model or version, or damaged.</summary>
    private static Int8Weights[]? TryMap(string path, DenseShape[] shapes, long bytes, byte[] fingerprint)
    {
        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length != bytes)
            {
                return null;
            }

            using var mapping = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            var file = new MappedMemory(mapping, bytes, MemoryMappedFileAccess.Read);
            var preamble = new ReadOnlySpan<byte>(file.Start, PreambleBytes);
            bool right = MemoryMarshal.Read<ulong>(preamble) == Magic
                && MemoryMarshal.Read<int>(preamble[8..]) == Version
                && MemoryMarshal.Read<int>(preamble[12..]) == Rotation.Version
                && MemoryMarshal.Read<long>(preamble[16..]) == bytes
                && preamble.Slice(24, 32).SequenceEqual(fingerprint)
                && preamble.Slice(56, 32).SequenceEqual(Digest(file.Start, bytes));
            if (right)
            {
                return Views(file, file.Start, shapes);
            }

            file.Dispose();
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static byte[] Digest(byte* start, long bytes)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = PreambleBytes; at < bytes; at += 1 << 24)
        {
            hash.AppendData(new ReadOnlySpan<byte>(start + at, (int)Math.Min(1 << 24, bytes - at)));
        }

        return hash.GetHashAndReset();
    }

    private static Int8Weights[] Views(object owner, byte* start, DenseShape[] shapes)
    {
        long[] offsets = Offsets(shapes);
        var views = new Int8Weights[shapes.Length];
        for (int i = 0; i < views.Length; i++)
        {
            views[i] = Int8Weights.At(owner, start + offsets[i], shapes[i].Inputs, shapes[i].Outputs);
        }

        return views;
    }

    private static long[] Offsets(DenseShape[] shapes)
    {
        long[] offsets = new long[shapes.Length];
        long at = PreambleBytes;
        for (int i = 0; i < shapes.Length; i++)
        {
            offsets[i] = at;
            at += Aligned(Int8Weights.TotalBytes(shapes[i].Inputs, shapes[i].Outputs));
        }

        return offsets;
    }

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
