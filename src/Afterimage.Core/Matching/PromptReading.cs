namespace Afterimage.Matching;

/// <summary>A prompt as the matcher understands it: read once, judged against several candidates. Immutable.</summary>
public sealed partial class PromptReading
{
    /// <summary>The prompt as it was asked.</summary>
    public string Text { get; }

    private PromptReading(string text) => Text = text;

    /// <summary>Reads a prompt. Never throws, whatever the text.</summary>
    public static PromptReading Of(string prompt) => new(prompt);
}
