using Afterimage.Text.Tokenizers;

namespace Afterimage.Text.Bert;

/// <summary>
/// Texts such as the model will meet, from which <see cref="InputProfiles"/> takes its averages. Changing them changes 8-bit vectors: <see cref="Int8File"/>'s
/// version must then be raised.
/// </summary>
internal static class CalibrationTexts
{
    private const int RandomTexts = 32, RandomTokensMax = 32;

    private static readonly string[] Prompts =
    [
        "a cat",
        "red bicycle leaning against a brick wall",
        "portrait of an old fisherman with a white beard, oil painting, dramatic light",
        "two dogs running on the beach at sunset",
        "futuristic city skyline at night, neon signs, rain, cinematic, highly detailed, 8k",
        "logo of a coffee shop, flat, minimal, black and white",
        "a bowl of ramen with egg and green onions, top view, food photography",
        "The quick brown fox jumps over the lazy dog.",
        "an astronaut riding a horse on the moon",
        "watercolor of a small village in the mountains, autumn, soft colors",
        "isometric render of a cozy bedroom with plants and books, blender",
        "a knight in silver armor fighting a dragon, by a famous fantasy artist, trending",
        "close-up of a bee on a yellow flower, macro, bokeh",
        "three children playing football in the park",
        "a sign that says \"OPEN 24 HOURS\"",
        "steampunk airship above the clouds, intricate, golden hour, concept art",
        "woman wearing a blue dress and a straw hat, standing in a wheat field, 35mm film",
        "abstract geometric pattern, orange and teal",
        "a slice of chocolate cake on a white plate",
        "how do I turn on two-factor authentication?",
        "an empty street in Tokyo, 1980s anime style",
        "map of an imaginary island with harbors, forests and ruins, parchment",
        "cute robot holding a balloon, children's book illustration",
        "a man is playing a guitar on stage in front of a crowd",
    ];

    /// <summary>The texts as ids: prompts where the folder has a tokenizer of the model's, random ids where it has none.</summary>
    public static int[][] Of(BertModelFolder folder)
    {
        try
        {
            WordPieceTokenizer tokenizer = TokenizerFiles.Load(folder.Path);
            if (tokenizer.VocabularySize <= folder.Config.Vocabulary)
            {
                return [.. Prompts.Select(p => tokenizer.Encode(p, folder.TokensMax))];
            }
        }
        catch (InvalidDataException)
        {
            // Whoever needs the tokenizer itself will say what is wrong with it.
        }

        var random = new Random(1);
        return [.. Enumerable.Range(0, RandomTexts).Select(_ =>
            Enumerable.Range(0, random.Next(1, 1 + Math.Min(RandomTokensMax, folder.TokensMax))).Select(_ => random.Next(folder.Config.Vocabulary)).ToArray())];
    }
}
