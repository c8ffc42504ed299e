namespace Afterimage.Matching.Reading;

/// <summary>What the scanner makes of a prompt.</summary>
internal sealed class Tokens
{
    public List<Word> Words { get; } = [];

    /// <summary>Things that steer the service and must be equal: <c>&lt;lora:name:0.8&gt;</c>, <c>--ar 16:9</c>; folded, in no order.</summary>
    public List<string> Directives { get; } = [];

    /// <summary>Text behind the last word that was read, folded; empty unless the prompt is longer than the scanner reads.</summary>
    public string Rest { get; set; } = "";
}
