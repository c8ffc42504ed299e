namespace Afterimage.Text.BuiltIn;

/// <summary>What a <see cref="WordScanner"/> has found.</summary>
internal enum WordKind
{
    /// <summary>A run of letters, digits and marks of a script that puts spaces between words.</summary>
    Word,

    /// <summary>One character, or two neighbours, of a script that writes without spaces.</summary>
    Unspaced,

    /// <summary>A pictograph such as an emoji.</summary>
    Symbol,
}
