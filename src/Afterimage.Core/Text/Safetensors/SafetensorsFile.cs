using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Afterimage.Text.Safetensors;

/// <summary>
/// A safetensors file, mapped into memory and checked before anything is read. Dispose it when no reader is left. The file must not be cut short
/// while it is open; <c>afterimage model pull</c> replaces files whole.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly long _length;
    private readonly Dictionary<string, SafetensorsTensor> _tensors;

    private SafetensorsFile(MemoryMappedFile mapping, MemoryMappedViewAccessor view, Dictionary<string, SafetensorsTensor> tensors, long length)
    {
        (_mapping, _view, _tensors, _length) = (mapping, view, tensors, length);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + view.PointerOffset;
    }

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _tensors;

    /// <exception cref="InvalidDataException">The file breaks a rule of the format; the message names the file and the rule.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        Dictionary<string, SafetensorsTensor> tensors;
        try
        {
            tensors = SafetensorsHeader.Read(ReadHeader(stream), stream.Length);
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException($"{path}: {fault.Message}", fault);
        }

        // Of the stream that was checked: by its path another file might be opened.
        MemoryMappedFile mapping = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        return new SafetensorsFile(mapping, mapping.CreateViewAccessor(0, stream.Length, MemoryMappedFileAccess.Read), tensors, stream.Length);
    }

    /// <summary>Reads elements of a tensor as float32, from element <paramref name="from"/> on.</summary>
    /// <exception cref="InvalidDataException">The tensor's type is not F32, F16 or BF16.</exception>
    public void Read(SafetensorsTensor tensor, long from, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from + destination.Length, tensor.Elements);
        byte* source = _start + tensor.Offset;
        switch (tensor.Type)
        {
            case SafetensorsType.F32:
                new ReadOnlySpan<byte>(source + from * 4, destination.Length * 4).CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case SafetensorsType.F16:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(new ReadOnlySpan<byte>(source + (from + i) * 2, 2));
                }

                break;
            case SafetensorsType.BF16:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = BitConverter.UInt32BitsToSingle(
                        (uint)BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>(source + (from + i) * 2, 2)) << 16);
                }

                break;
            default:
                throw new InvalidDataException($"tensor {tensor.Name} is not of type F32, F16 or BF16");
        }
    }

    /// <summary>SHA-256 over the file's length, its header and 64 samples of 4 kB spread over the data: tells files apart in a millisecond.</summary>
    public byte[] Fingerprint()
    {
        const int samples = 64, sampleBytes = 4096;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(_length));
        long dataStart = 8 + BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(_start, 8));
        hash.AppendData(new ReadOnlySpan<byte>(_start, (int)dataStart));
        long last = Math.Max(dataStart, _length - sampleBytes);
        for (int i = 0; i < samples; i++)
        {
            long at = dataStart + (long)((last - dataStart) * (i / (samples - 1.0)));
            hash.AppendData(new ReadOnlySpan<byte>(_start + at, (int)Math.Min(sampleBytes, _length - at)));
        }

        return hash.GetHashAndReset();
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
    }

    private static byte[] ReadHeader(FileStream stream)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
        {
            throw new InvalidDataException("the file is shorter than its length field");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafetensorsHeader.BytesMax || (long)length > stream.Length - 8)
        {
            throw new InvalidDataException($"a header of {length} bytes does not fit the file or the bound of {SafetensorsHeader.BytesMax}");
        }

        byte[] header = new byte[(int)length];
        stream.ReadExactly(header);
        return header;
    }
}
