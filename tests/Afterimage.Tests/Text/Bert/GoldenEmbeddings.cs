using System.Text.Json;
using Afterimage.Text.Bert;

namespace Afterimage.Tests.Text.Bert;

/// <summary>Texts and the unit vectors that an independent implementation gives them.</summary>
internal sealed record GoldenEmbeddings(string Text, float[] Cls, float[] Mean)
{
    public static string FixtureFolder { get; } = Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Fixtures", "encoder");

    public float[] Vector(Pooling pooling) => pooling == Pooling.Cls ? Cls : Mean;

    public static List<GoldenEmbeddings> Read(string path) => [.. File.ReadLines(path).Select(line =>
    {
        using JsonDocument row = JsonDocument.Parse(line);
        return new GoldenEmbeddings(row.RootElement.GetProperty("text").GetString()!, Floats(row.RootElement, "cls"), Floats(row.RootElement, "mean"));
    })];

    private static float[] Floats(JsonElement row, string name) => [.. row.GetProperty(name).EnumerateArray().Select(x => x.GetSingle())];
}
