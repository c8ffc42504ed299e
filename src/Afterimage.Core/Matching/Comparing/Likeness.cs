namespace Afterimage.Matching.Comparing;

/// <summary>Why two words can stand for the same thing.</summary>
internal enum Likeness : byte
{
    None,

    /// <summary>The same letters or the same number.</summary>
    Same,

    /// <summary>Forms of one lemma: sits, sitting.</summary>
    Lemma,

    /// <summary>Grey and gray, café and cafe, close-up and closeup.</summary>
    Spelling,

    /// <summary>One side is no word but nearly is the other.</summary>
    Typo,

    /// <summary>They share a meaning in WordNet.</summary>
    Synonym,

    /// <summary>One is derived from the other: wood, wooden.</summary>
    Derived,

    /// <summary>Near each other in WordNet: an adjective and the head of its cluster, verbs of one group.</summary>
    Similar,

    /// <summary>One is defined by the other's words: puppy, young dog.</summary>
    Definition,
}
