namespace Afterimage.Matching.Reading;

/// <summary>What kind of tie a <see cref="Link"/> is.</summary>
internal enum LinkKind : byte
{
    /// <summary>The dependent describes the governor: red umbrella, three dogs, pizza slice.</summary>
    Modifier,

    /// <summary>The governors may be the doer of the dependent, a verb.</summary>
    Subject,

    /// <summary>The governors may be what the dependent, a verb, is done to.</summary>
    Object,

    /// <summary>The governors may be either, because grammar does not tell: the cat played, the dog trained.</summary>
    Role,

    /// <summary>The dependent stands in <see cref="Link.Place"/> to one of the governors: man (governor) with (place) umbrella (dependent).</summary>
    Place,

    /// <summary>The dependent, a noun, follows the governor, a verb, with <see cref="Link.Place"/> between: chewing (governor) on (place) a toothbrush.</summary>
    Complement,
}

/// <summary>One tie between words of a prompt, by their positions. Where grammar leaves the governor open, all candidates are listed, the likeliest first.</summary>
/// <param name="Weak">Read out of a pronoun: good enough to contradict the other prompt, not to be missed there.</param>
internal readonly record struct Link(LinkKind Kind, Place Place, int Dependent, int[] Governors, bool Weak = false);
