using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>
/// A model's 8-bit weights, packed once and mapped from a file ever after: start in milliseconds, no copy in memory of our own.
/// Layout: 128 bytes of preamble (magic, version, rotation version, bytes, fingerprint of the checkpoint, SHA-256 of the rest), then each dense layer
/// as <see cref="Int8Weights"/> lays it out, at multiples of 64 bytes. The file is derived: whatever does not fit is made again. Written under a
/// temporary name and renamed. Where the folder cannot be written, the weights live in memory.
/// </summary>
internal static unsafe class Int8File
{
    public const string Name = "model.int8.afterimage";

    /// <summary>Raised when packing gives other vectors than before; part of the space id.</summary>
    public const int Version = 2;

    /// <summary>Smaller models are packed at every start, which takes milliseconds, and leave no file behind.</summary>
    private const long BytesMin = 8_000_000;

    private const ulong Magic = 0x3854_4E49_4649_4641; // "AFIFINT8"
    private const int PreambleBytes = 128, Alignment = 64, BlockBytes = 1 << 24;

    public static Int8Weights[] Open(BertModelFolder folder, BertCheckpoint checkpoint, DenseKernel kernel)
    {
        DenseShape[] shapes = DenseShape.All(folder.Config);
        long bytes = PreambleBytes + shapes.Sum(s => Aligned(Int8Weights.TotalBytes(s.Inputs, s.Outputs)));
        string path = Path.Combine(folder.PackedPath, Name);
        byte[] fingerprint = checkpoint.Fingerprint();
        if (bytes >= BytesMin && TryMap(path, shapes, bytes, fingerprint) is { } there)
        {
            return there;
        }

        NativeBuffer packed = Pack(shapes, bytes, checkpoint, InputMeans.Measure(folder, kernel));
        if (bytes >= BytesMin && TryWrite(path, packed, fingerprint) && TryMap(path, shapes, bytes, fingerprint) is { } mapped)
        {
            packed.Dispose();
            return mapped;
        }

        return Views(packed, packed.Start, shapes);
    }

    private static NativeBuffer Pack(DenseShape[] shapes, long bytes, BertCheckpoint checkpoint, float[][] centers)
    {
        var packed = new NativeBuffer(bytes);
        long[] offsets = Offsets(shapes);
        DenseShape.ForEach(shapes, i =>
        {
            DenseShape shape = shapes[i];
            using var weight = new NativeBuffer((long)shape.Inputs * shape.Outputs * sizeof(float));
            var values = new Span<float>(weight.Floats, shape.Inputs * shape.Outputs);
            shape.ReadWeight(checkpoint, values);
            Int8Weights.Pack(values, shape.ReadBias(checkpoint), centers[i], packed.Start + offsets[i]);
        });
        return packed;
    }

    /// <summary>Writes the file; false where that is not possible. Not through a mapping: a full disk must be an error and not a signal.</summary>
    private static bool TryWrite(string path, NativeBuffer packed, byte[] fingerprint)
    {
        var preamble = new Span<byte>(packed.Start, PreambleBytes);
        MemoryMarshal.Write(preamble, Magic);
        MemoryMarshal.Write(preamble[8..], Version);
        MemoryMarshal.Write(preamble[12..], Rotation.Version);
        MemoryMarshal.Write(preamble[16..], packed.Length);
        fingerprint.CopyTo(preamble[24..]);
        Digest(packed.Start, packed.Length).CopyTo(preamble[56..]);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            try
            {
                using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                {
                    for (long at = 0; at < packed.Length; at += BlockBytes)
                    {
                        file.Write(new ReadOnlySpan<byte>(packed.Start + at, (int)Math.Min(BlockBytes, packed.Length - at)));
                    }

                    file.Flush(flushToDisk: true);
                }

                File.Move(temporary, path, overwrite: true);
                return true;
            }
            finally
            {
                File.Delete(temporary);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
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
        for (long at = PreambleBytes; at < bytes; at += BlockBytes)
        {
            hash.AppendData(new ReadOnlySpan<byte>(start + at, (int)Math.Min(BlockBytes, bytes - at)));
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
