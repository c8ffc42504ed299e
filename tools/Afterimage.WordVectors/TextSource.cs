using System.IO.Compression;

namespace Afterimage.Tools.WordVectors;

/// <summary>Reads the texts under <c>shared/data</c>: plain or gzipped, one record a line.</summary>
internal static class TextSource
{
    public static IEnumerable<string> Lines(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    /// <summary>One column of a table with a header line.</summary>
    public static IEnumerable<string> Column(string path, string name)
    {
        int column = -1;
        foreach (string line in Lines(path))
        {
            string[] fields = line.Split('\t');
            if (column < 0)
            {
                column = Array.IndexOf(fields, name);
                if (column < 0)
                {
                    throw new InvalidDataException($"{path} has no column {name}");
                }
            }
            else if (column < fields.Length)
            {
                yield return fields[column];
            }
        }
    }
}
