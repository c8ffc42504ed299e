namespace Afterimage.Text.Bert;

/// <summary>How the token vectors of a text become one.</summary>
public enum Pooling
{
    /// <summary>The vector of the start token.</summary>
    Cls,

    /// <summary>The mean over all tokens, start and end token included.</summary>
    Mean,
}
