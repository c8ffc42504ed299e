using System.Diagnostics.CodeAnalysis;

namespace Afterimage.Gateway;

/// <summary>Something that is found by bytes.</summary>
internal interface IKnownBytes
{
    byte[] Bytes { get; }
}

/// <summary>A bounded table by bytes: each has two places, and the newcomer drives out whoever came to them first. No locks; thread-safe.</summary>
/// <param name="places">A power of two.</param>
internal sealed class KnownBytesTable<T>(int places)
    where T : class, IKnownBytes
{
    private readonly T?[] _places = new T?[places];

    public T? Find(ReadOnlySpan<byte> bytes)
    {
        int place = PlaceOf(bytes);
        return Is(place, bytes, out T? known) || Is(place ^ 1, bytes, out known) ? known : null;
    }

    public void Set(T known)
    {
        int place = PlaceOf(known.Bytes);
        if (Volatile.Read(ref _places[place]) is { } earlier && !earlier.Bytes.AsSpan().SequenceEqual(known.Bytes))
        {
            Volatile.Write(ref _places[place ^ 1], earlier);
        }

        Volatile.Write(ref _places[place], known);
    }

    private bool Is(int place, ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out T? known)
    {
        known = Volatile.Read(ref _places[place]);
        return known is not null && bytes.SequenceEqual(known.Bytes);
    }

    private int PlaceOf(ReadOnlySpan<byte> bytes)
    {
        // Seeded anew in each process, so that nobody can choose bytes that drive one another out.
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        return hash.ToHashCode() & (_places.Length - 1);
    }
}
