using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Afterimage.Vectors.Storage;

/// <summary>Reads a file in large pieces and checks the CRC-32C at its end.</summary>
internal sealed class ChecksumReader(string path) : IDisposable
{
    private readonly FileStream _stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
    private readonly byte[] _buffer = new byte[1 << 18];
    private int _start;
    private int _end;
    private uint _state = Crc32C.Start;
    private bool _short;

    public long Length => _stream.Length;

    /// <summary>Fills the destination; false where the file is too short.</summary>
    public bool TryRead(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = _stream.Read(_buffer);
                if (_end == 0)
                {
                    _short = true;
                    return false;
                }
            }

            int count = Math.Min(destination.Length, _end - _start);
            Span<byte> piece = _buffer.AsSpan(_start, count);
            _state = Crc32C.Add(_state, piece);
            piece.CopyTo(destination);
            _start += count;
            destination = destination[count..];
        }

        return true;
    }

    public bool TryReadInts(Span<int> destination) => TryRead(MemoryMarshal.AsBytes(destination));

    /// <summary>Whether everything could be read, the checksum is right and nothing follows it.</summary>
    public bool Finish()
    {
        uint sum = Crc32C.End(_state);
        Span<byte> stored = stackalloc byte[4];
        bool good = !_short && TryRead(stored) && BinaryPrimitives.ReadUInt32LittleEndian(stored) == sum;
        return good && _start == _end && _stream.Position == _stream.Length;
    }

    public void Dispose() => _stream.Dispose();
}
