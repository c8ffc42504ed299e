using System.Text.Json;

namespace Afterimage.Cloud.Planning;

/// <summary>A price and where it was read.</summary>
internal sealed record Price(decimal Amount, string Source);

/// <summary>The dated prices that <c>afterimage plan</c> multiplies with. A file of its own, so that it can be replaced without a new release.</summary>
internal sealed class PriceTable
{
    private const string Resource = "Afterimage.Cloud.Planning.prices.json";

    private readonly Dictionary<string, Price> _prices;

    private PriceTable(string date, string currency, string note, Dictionary<string, Price> prices)
    {
        Date = date;
        Currency = currency;
        Note = note;
        _prices = prices;
    }

    public string Date { get; }

    public string Currency { get; }

    public string Note { get; }

    public decimal this[string name] => _prices[name].Amount;

    public string SourceOf(string name) => _prices[name].Source;

    /// <summary>The table that comes with the program.</summary>
    public static PriceTable Default()
    {
        using Stream stream = typeof(PriceTable).Assembly.GetManifestResourceStream(Resource)!;
        return Read(stream, null);
    }

    /// <summary>A table of the operator's; prices that it leaves out are those of <see cref="Default"/>.</summary>
    /// <exception cref="InvalidDataException">The file is not such a table; the message says why.</exception>
    public static PriceTable Load(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return Read(stream, Default());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is not a price table: {e.Message}", e);
        }
    }

    private static PriceTable Read(Stream stream, PriceTable? fallback)
    {
        using JsonDocument document = JsonDocument.Parse(stream);
        JsonElement root = document.RootElement;
        var prices = fallback is null ? [] : new Dictionary<string, Price>(fallback._prices);
        foreach (JsonProperty property in root.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object))
        {
            if (fallback is not null && !prices.ContainsKey(property.Name))
            {
                throw new InvalidDataException($"There is no price named {property.Name}; known are {string.Join(", ", prices.Keys)}.");
            }

            decimal amount = property.Value.GetProperty("price").GetDecimal();
            string source = property.Value.TryGetProperty("source", out JsonElement s) ? s.GetString() ?? "" : "";
            prices[property.Name] = amount >= 0 ? new Price(amount, source) : throw new InvalidDataException($"The price {property.Name} is negative.");
        }

        return new PriceTable(Text("date", fallback?.Date), Text("currency", fallback?.Currency), Text("note", fallback?.Note), prices);

        string Text(string name, string? other) => root.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : other ?? "";
    }
}
