using System.Globalization;
using System.IO.Compression;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Requests;

namespace Afterimage.Commands.Replay;

/// <summary>
/// Reads a log of requests in time order: a table with a header (<c>seq, origin_seconds, images, width, height, steps, cfg, sampler, seed, prompt</c>; only
/// <c>prompt</c> is needed, an empty field is the service's default), or one image URL a line, with or without a header. Gzipped where the name ends in <c>.gz</c>.
/// </summary>
internal static class TraceReader
{
    private static readonly string[] Known = ["seq", "origin_seconds", "images", "width", "height", "steps", "cfg", "sampler", "seed", "prompt"];

    /// <summary>Reads row by row. Throws <see cref="InvalidDataException"/> with file and line where a row is not one.</summary>
    public static IEnumerable<TraceRow> Read(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream);
        string first = reader.ReadLine() ?? throw new InvalidDataException($"{path}: the file is empty");
        string[] header = first.Split('\t');
        bool urls = header[0] == "url" || IsUrl(first);
        if (!urls && !header.Contains("prompt"))
        {
            throw new InvalidDataException($"{path}: neither a header with a column 'prompt' nor a list of URLs");
        }

        var dialect = new PollinationsDialect(new PollinationsOptions());
        int number = 1;
        for (string? line = IsUrl(first) ? first : reader.ReadLine(); line is not null; line = reader.ReadLine())
        {
            number++;
            if (line.Length > 0)
            {
                yield return urls ? FromUrl(line.Split('\t')[0], dialect, number) : FromTable(line.Split('\t'), header, path, number);
            }
        }
    }

    private static bool IsUrl(string line) => line.StartsWith("http://", StringComparison.Ordinal) || line.StartsWith("https://", StringComparison.Ordinal);

    private static TraceRow FromUrl(string url, PollinationsDialect dialect, int number) =>
        new(number, RequestTarget.From(url) is { } target ? dialect.Read(target, scope: "").Request : null, SeedMayBeDrawn: false, 0, 1);

    private static TraceRow FromTable(string[] fields, string[] header, string path, int number)
    {
        if (fields.Length != header.Length)
        {
            throw new InvalidDataException($"{path}, line {number}: {fields.Length} columns, the header has {header.Length}");
        }

        string Text(string name) => Array.IndexOf(header, name) is var at and >= 0 ? fields[at] : "";

        double Value(string name, double otherwise) => Text(name) is not { Length: > 0 } text ? otherwise
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
            : throw new InvalidDataException($"{path}, line {number}: {name} '{text}' is not a number");

        // What the log does not know is the service's default, which is the same for all; other columns tell requests apart as they stand.
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["steps"] = Value("steps", 50).ToString(CultureInfo.InvariantCulture),
            ["cfg"] = Value("cfg", 7).ToString(CultureInfo.InvariantCulture),
            ["sampler"] = Text("sampler") is { Length: > 0 } sampler ? sampler : "default",
            ["images"] = Value("images", 1).ToString(CultureInfo.InvariantCulture),
        };
        foreach (string name in header.Except(Known))
        {
            parameters[name] = Text(name);
        }

        var request = new ImageRequest
        {
            Dialect = "trace",
            Prompt = Text("prompt"),
            Seed = Text("seed").Length > 0 ? Seed.Named((long)Value("seed", 0)) : Seed.None,
            Width = (int)Value("width", 512),
            Height = (int)Value("height", 512),
            Parameters = [.. parameters],
        };
        return new TraceRow((long)Value("seq", number), request, SeedMayBeDrawn: true, Value("origin_seconds", 0), (int)Value("images", 1));
    }
}
