namespace Afterimage.Caching.Http;

/// <summary>
/// The secondary key of a stored response: the fields that its <c>Vary</c> names with the values of the request that produced it. Another request
/// matches when every value is the same after the changes that RFC 9111 section 4.1 allows.
/// </summary>
public sealed class VaryKey
{
    public static readonly VaryKey None = new([], [], []);

    private readonly string?[] _sent;
    private readonly string?[] _normal;

    private VaryKey(IReadOnlyList<string> names, string?[] sent, string?[] normal)
    {
        Names = names;
        _sent = sent;
        _normal = normal;
    }

    /// <summary>Field names in lower case, sorted.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The values as sent, in the order of <see cref="Names"/>; null where the request did not have the field.</summary>
    public IReadOnlyList<string?> Values => _sent;

    /// <summary>The values in their normal form, which decides whether two keys are the same.</summary>
    public IReadOnlyList<string?> NormalValues => _normal;

    /// <summary>Takes the values of <paramref name="names"/> from a request.</summary>
    public static VaryKey Of<TFields>(IReadOnlyList<string> names, TFields request)
        where TFields : IRequestFields
    {
        return names.Count == 0 ? None : FromValues(names, [.. names.Select(request.Get)]);
    }

    /// <summary>Rebuilds a key from what was stored.</summary>
    public static VaryKey FromValues(IReadOnlyList<string> names, IReadOnlyList<string?> values)
    {
        string?[] sent = [.. values];
        return new VaryKey(names, sent, [.. names.Zip(sent, (name, value) => value is null ? null : FieldNormaliser.Normalise(name, value))]);
    }

    /// <summary>Whether a request would have been given the same response.</summary>
    public bool Matches<TFields>(TFields request)
        where TFields : IRequestFields
    {
        for (int i = 0; i < _sent.Length; i++)
        {
            string? value = request.Get(Names[i]);
            if (value == _sent[i])
            {
                continue;
            }

            if (value is null || _normal[i] is null || FieldNormaliser.Normalise(Names[i], value) != _normal[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Same names and, after normalising, same values.</summary>
    public bool IsSameAs(VaryKey other) => Names.SequenceEqual(other.Names) && _normal.SequenceEqual(other._normal);
}
