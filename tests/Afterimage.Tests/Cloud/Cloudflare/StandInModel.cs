using System.Text.Json;

namespace Afterimage.Tests.Cloud.Cloudflare;

/// <summary>
/// An embedding model of Workers AI as contracts.md section 2 describes it. Texts that share words are near; another pooling gives other vectors, and none
/// of them has length 1.
/// </summary>
internal static class StandInModel
{
    public const string Path = "ai/run/@cf/baai/bge-base-en-v1.5";

    private const int Dimensions = 768;

    public static object Run(JsonElement body)
    {
        JsonElement text = body.GetProperty("text");
        string[] texts = text.ValueKind == JsonValueKind.String ? [text.GetString()!] : [.. text.EnumerateArray().Select(t => t.GetString()!)];
        string pooling = body.TryGetProperty("pooling", out JsonElement given) ? given.GetString()! : "mean";
        if (texts.Length is 0 or > 100 || texts.Any(t => t.Length == 0) || pooling is not ("mean" or "cls"))
        {
            throw new StandInFault(400, 5004, "AiError: invalid data");
        }

        return new { shape = new[] { texts.Length, Dimensions }, data = texts.Select(t => Embed(t, pooling)), pooling };
    }

    private static float[] Embed(string text, string pooling)
    {
        float[] sum = new float[Dimensions];
        foreach (string word in text.ToLowerInvariant().Split([' ', ',', '.'], StringSplitOptions.RemoveEmptyEntries))
        {
            float[] one = Vectors.Unit(Hash256.Of(pooling + word).GetHashCode(), Dimensions);
            for (int i = 0; i < Dimensions; i++)
            {
                sum[i] += 3 * one[i];
            }
        }

        return sum;
    }
}
