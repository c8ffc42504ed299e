using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Afterimage.Text.Bert.Kernels;

namespace Afterimage.Text.Bert;

/// <summary>
/// A model's 8-bit weights, packed once and mapped from a file ever after: start in milliseconds, no copy in memory of our own.
/// Layout: 128 bytes of preamble (magic, version, rotation version, bytes, fingerprint of the checkpoint, SHA-256 of everything behind itself, agreement), then
/// each dense layer as <see cref="Int8Weights"/> lays it out, at multiples of 64 bytes. Of a model that 8 bits do not serve only the preamble is kept, so that
/// the next start need not measure again. The file is derived: whatever does not fit is made again. Written under a temporary name and renamed. Where the
/// folder cannot be written, the weights live in memory.
/// </summary>
internal static unsafe class Int8File
{
    public const string Name = "model.int8.afterimage";

    /// <summary>Raised when packing gives other vectors than before; part of the space id.</summary>
    public const int Version = 3;

    /// <summary>Smaller models are packed at every start, which takes milliseconds, and leave no file behind.</summary>
    private const long BytesMin = 8_000_000;

    private const ulong Magic = 0x3854_4E49_4649_4641; // "AFIFINT8"
    private const int PreambleBytes = 128, DigestAt = 56, AgreementAt = DigestAt + SHA256.HashSizeInBytes, Alignment = 64, BlockBytes = 1 << 24;

    /// <summary>The weights, packed now where the file does not have them, and how well they serve. Where they do not, there may be none.</summary>
    public static (Int8Weights[] Weights, Int8Agreement Agreement) Open(BertModelFolder folder, BertCheckpoint checkpoint, DenseKernel kernel)
    {
        DenseShape[] shapes = DenseShape.All(folder.Config);
        long bytes = PreambleBytes + shapes.Sum(s => Aligned(Int8Weights.TotalBytes(s.Inputs, s.Outputs)));
        string path = Path.Combine(folder.PackedPath, Name);
        byte[] fingerprint = checkpoint.Fingerprint();
        if (bytes >= BytesMin && TryMap(path, shapes, bytes, fingerprint) is { } there)
        {
            return there;
        }

        int[][] texts = CalibrationTexts.Of(folder);
        (InputProfile[] profiles, float[] vectors) = InputProfiles.Measure(folder, kernel, texts);
        NativeBuffer packed = Pack(shapes, bytes, checkpoint, profiles);
        Int8Weights[] weights = Views(packed, packed.Start, shapes);
        Int8Agreement agreement = Int8Agreement.Measure(folder, kernel, BertWeights.LayersOf(folder.Config, checkpoint, BertWeights.InInt8(weights, kernel)), texts, vectors);
        MemoryMarshal.Write(new Span<byte>(packed.Start, PreambleBytes)[AgreementAt..], agreement);
        if (bytes >= BytesMin && TryWrite(path, packed, agreement.IsEnough ? bytes : PreambleBytes, fingerprint) && TryMap(path, shapes, bytes, fingerprint) is { } mapped)
        {
            packed.Dispose();
            return mapped;
        }

        return (weights, agreement);
    }

    private static NativeBuffer Pack(DenseShape[] shapes, long bytes, BertCheckpoint checkpoint, InputProfile[] inputs)
    {
        var packed = new NativeBuffer(bytes);
        long[] offsets = Offsets(shapes);
        DenseShape.ForEach(shapes, i =>
        {
            DenseShape shape = shapes[i];
            using var weight = new NativeBuffer((long)shape.Inputs * shape.Outputs * sizeof(float));
            var values = new Span<float>(weight.Floats, shape.Inputs * shape.Outputs);
            shape.ReadWeight(checkpoint, values);
            Int8Weights.Pack(values, shape.ReadBias(checkpoint), inputs[i], packed.Start + offsets[i]);
        });
        return packed;
    }

    /// <summary>Writes the file; false where that is not possible. Not through a mapping: a full disk must be an error and not a signal.</summary>
    private static bool TryWrite(string path, NativeBuffer packed, long bytes, byte[] fingerprint)
    {
        var preamble = new Span<byte>(packed.Start, PreambleBytes);
        MemoryMarshal.Write(preamble, Magic);
        MemoryMarshal.Write(preamble[8..], Version);
        MemoryMarshal.Write(preamble[12..], Rotation.Version);
        MemoryMarshal.Write(preamble[16..], bytes);
        fingerprint.CopyTo(preamble[24..]);
        Digest(packed.Start, bytes).CopyTo(preamble[DigestAt..]);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            try
            {
                using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                {
                    for (long at = 0; at < bytes; at += BlockBytes)
                    {
                        file.Write(new ReadOnlySpan<byte>(packed.Start + at, (int)Math.Min(BlockBytes, bytes - at)));
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
    private static (Int8Weights[], Int8Agreement)? TryMap(string path, DenseShape[] shapes, long bytes, byte[] fingerprint)
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists || (info.Length != bytes && info.Length != PreambleBytes))
            {
                return null;
            }

            long length = info.Length;
            using var mapping = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            var file = new MappedMemory(mapping, length, MemoryMappedFileAccess.Read);
            var preamble = new ReadOnlySpan<byte>(file.Start, PreambleBytes);
            bool right = MemoryMarshal.Read<ulong>(preamble) == Magic
                && MemoryMarshal.Read<int>(preamble[8..]) == Version
                && MemoryMarshal.Read<int>(preamble[12..]) == Rotation.Version
                && MemoryMarshal.Read<long>(preamble[16..]) == length
                && preamble.Slice(24, 32).SequenceEqual(fingerprint)
                && preamble.Slice(DigestAt, SHA256.HashSizeInBytes).SequenceEqual(Digest(file.Start, length));
            Int8Agreement agreement = MemoryMarshal.Read<Int8Agreement>(preamble[AgreementAt..]);
            if (right && agreement.IsEnough && length == bytes)
            {
                return (Views(file, file.Start, shapes), agreement);
            }

            file.Dispose();
            return right && !agreement.IsEnough ? ([], agreement) : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static byte[] Digest(byte* start, long bytes)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = AgreementAt; at < bytes; at += BlockBytes)
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
