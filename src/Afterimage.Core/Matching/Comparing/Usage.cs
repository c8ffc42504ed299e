using Afterimage.Text.BuiltIn;

namespace Afterimage.Matching.Comparing;

/// <summary>What the word table of the built-in embedder knows of how real prompts and captions use words.</summary>
internal static class Usage
{
    /// <summary>How alike the places are where two words stand, -1 to 1; 0 where one is unknown. Words that exclude each other are alike, too.</summary>
    public static float Alike(string a, string b) => WordVectors.Default.Similarity(a, b);

    /// <summary>Whether the word stands in the table at all, be it without a vector of its own.</summary>
    public static bool IsKnown(string word) => WordVectors.Default.Find(word) >= 0;

    /// <summary>Whether real prompts and captions use the word often enough to know it.</summary>
    public static bool IsCommon(string word) => WordVectors.Default.Find(word) is int row and >= 0 && WordVectors.Default.HasRow(row);
}
