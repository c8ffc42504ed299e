namespace Afterimage.Caching.Http;

/// <summary>The header fields of one message: lines in their order, names compared without case. Immutable.</summary>
public sealed class HttpFields : IRequestFields
{
    public static readonly HttpFields Empty = new([]);

    private readonly KeyValuePair<string, string>[] _lines;

    public HttpFields(IEnumerable<KeyValuePair<string, string>> lines) => _lines = [.. lines];

    /// <summary>Every field line; a field sent on two lines is here twice.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Lines => _lines;

    public bool Contains(string name) => First(name) is not null;

    /// <summary>The value of the first line of this name, or null.</summary>
    public string? First(string name)
    {
        foreach (KeyValuePair<string, string> line in _lines)
        {
            if (line.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return line.Value;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public string? Get(string name)
    {
        string? combined = null;
        foreach (KeyValuePair<string, string> line in _lines)
        {
            if (line.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                combined = combined is null ? line.Value : $"{combined}, {line.Value}";
            }
        }

        return combined;
    }

    /// <summary>These fields without those whose name <paramref name="leaveOut"/> accepts.</summary>
    public HttpFields Without(Func<string, bool> leaveOut) => new(_lines.Where(line => !leaveOut(line.Key)));

    /// <summary>These fields with every line of <paramref name="name"/> replaced by one.</summary>
    public HttpFields With(string name, string value) =>
        new(_lines.Where(line => !line.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Append(new(name, value)));

    /// <summary>Bytes that the lines hold, as an estimate for a store's accounts.</summary>
    public long ApproximateBytes => _lines.Sum(line => 48L + (2L * (line.Key.Length + line.Value.Length)));
}
