namespace Afterimage.Matching.Comparing;

/// <summary>What the comparison of two prompts found: the numbers that the calibration weighs and the words for people.</summary>
internal sealed class Evidence
{
    /// <summary>Weight of nouns without partner, both sides together; likewise the next three.</summary>
    public float Nouns { get; set; }

    public float Adjectives { get; set; }

    public float Verbs { get; set; }

    public float Others { get; set; }

    /// <summary>Weight times lack of strength of words that stand for each other, by kind of likeness.</summary>
    public float Synonyms { get; set; }

    public float Neighbours { get; set; }

    public float Derived { get; set; }

    public float Typos { get; set; }

    public int PluralChanges { get; set; }

    /// <summary>What the prompts name first is one thing here and several there.</summary>
    public bool SubjectPluralChanged { get; set; }

    /// <summary>A person or an animal is one here and several there.</summary>
    public bool BeingsPluralChanged { get; set; }

    /// <summary>Prepositions that changed to one often said of the same scene, and to another.</summary>
    public int PlacesNear { get; set; }

    public int PlacesLoose { get; set; }

    public int PlacesDifferent { get; set; }

    /// <summary>Prepositions that say little and stand on one side only.</summary>
    public int PlacesLone { get; set; }

    /// <summary>The prompts begin with different things.</summary>
    public bool RootChanged { get; set; }

    /// <summary>Descriptions and roles whose words have partners but which were not found on the other side.</summary>
    public int TiesUnverified { get; set; }

    /// <summary>Statements of place and compounds that were not found there.</summary>
    public int PlacesUnverified { get; set; }

    /// <summary>Weight of all words, and of those with a partner (times strength).</summary>
    public float Total { get; set; }

    public float Aligned { get; set; }

    public bool SameOrder { get; set; }

    /// <summary>Differences that forbid reuse at any setting.</summary>
    public List<Reason> Conflicts { get; } = [];

    /// <summary>Differences that speak against reuse.</summary>
    public List<Reason> Doubts { get; } = [];

    public float Coverage => Total > 0 ? Aligned / Total : 0;
}
