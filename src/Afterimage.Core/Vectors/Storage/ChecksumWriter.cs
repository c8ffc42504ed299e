using System.Runtime.InteropServices;

namespace Afterimage.Vectors.Storage;

/// <summary>Writes a file in large pieces and keeps the CRC-32C of what it wrote.</summary>
internal sealed class ChecksumWriter(Stream stream) : IDisposable
{
    private readonly byte[] _buffer = new byte[1 << 18];
    private int _used;
    private uint _state = Crc32C.Start;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int count = Math.Min(bytes.Length, _buffer.Length - _used);
            bytes[..count].CopyTo(_buffer.AsSpan(_used));
            _used += count;
            bytes = bytes[count..];
            if (_used == _buffer.Length)
            {
                Drain();
            }
        }
    }

    public void WriteInts(ReadOnlySpan<int> values) => Write(MemoryMarshal.AsBytes(values));

    /// <summary>Appends the checksum of everything before.</summary>
    public void Finish()
    {
        Drain();
        WriteInts([(int)Crc32C.End(_state)]);
        Drain();
    }

    public void Dispose() => stream.Flush();

    private void Drain()
    {
        _state = Crc32C.Add(_state, _buffer.AsSpan(0, _used));
        stream.Write(_buffer, 0, _used);
        _used = 0;
    }
}
