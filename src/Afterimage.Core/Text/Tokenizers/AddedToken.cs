namespace Afterimage.Text.Tokenizers;

/// <summary>A token that is found as it stands in the text instead of being split into pieces.</summary>
/// <param name="Content">The exact text.</param>
/// <param name="Id">Its id.</param>
/// <param name="Normalized">Whether it is looked for in the normalised text (and is normalised itself) rather than in the raw one.</param>
public sealed record AddedToken(string Content, int Id, bool Normalized = false);
