using System.Buffers.Binary;
using System.Text;

namespace Afterimage.Tests.Fuzzing;

/// <summary>Changes inputs the way coverage-guided fuzzers do (AFL's havoc stage): bits, interesting numbers, cuts, copies, pieces of other inputs, words of the grammar. Deterministic for a seed.</summary>
internal sealed class Mutator(int seed, byte[][] words)
{
    private const int LengthMax = 1 << 18;
    private static readonly long[] Interesting = [0, 1, -1, 7, 8, 16, 127, 128, 255, 256, 4096, 32_767, 32_768, 65_535, 65_536, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue];

    private readonly Random _random = new(seed);

    /// <summary>One of these.</summary>
    public T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];

    /// <summary>A changed copy of <paramref name="input"/>.</summary>
    public byte[] Mutate(byte[] input, IReadOnlyList<byte[]> others)
    {
        var bytes = new List<byte>(input);
        for (int changes = 1 << _random.Next(5); changes > 0; changes--)
        {
            Change(bytes, others);
        }

        return bytes.Count <= LengthMax ? [.. bytes] : [.. bytes.Take(LengthMax)];
    }

    private void Change(List<byte> bytes, IReadOnlyList<byte[]> others)
    {
        int at = _random.Next(bytes.Count + 1), count = Math.Min(bytes.Count - at, 1 + _random.Next(1 << _random.Next(10)));
        switch (_random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 2:
                Overwrite(bytes, at, Number());
                break;
            case 3:
                bytes.RemoveRange(at, count);
                break;
            case 4:
                bytes.InsertRange(_random.Next(bytes.Count + 1), bytes.GetRange(at, count));
                break;
            case 5:
                byte[] other = Pick(others);
                int from = _random.Next(other.Length + 1);
                bytes.InsertRange(at, other.AsSpan(from, _random.Next(Math.Min(other.Length - from, 4096) + 1)).ToArray());
                break;
            case 6 when words.Length > 0:
                bytes.InsertRange(at, Pick(words));
                break;
            case 7 when words.Length > 0:
                Overwrite(bytes, at, Pick(words));
                break;
            case 8 when _random.Next(8) == 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
        }
    }

    private byte[] Number()
    {
        long value = Pick(Interesting);
        byte[] bytes = new byte[8];
        switch (_random.Next(5))
        {
            case 0:
                return Encoding.ASCII.GetBytes(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
            case 1:
                BinaryPrimitives.WriteInt32BigEndian(bytes, (int)value);
                return bytes[..4];
            case 2:
                BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)value);
                return bytes[..4];
            case 3:
                BinaryPrimitives.WriteInt16BigEndian(bytes, (short)value);
                return bytes[..2];
            default:
                BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
                return bytes;
        }
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] with)
    {
        for (int i = 0; i < with.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = with[i];
        }
    }
}
