namespace Afterimage.Matching.Reading;

/// <summary>The relation that a preposition, or a verb that works like one, states between a governor and its object.</summary>
internal enum Place : byte
{
    None,
    In,
    On,

    /// <summary>On top of: on, and not in.</summary>
    Top,
    Under,
    Above,
    Behind,
    Front,
    Near,
    Far,

    /// <summary>Turned or moving away from.</summary>
    Away,
    Left,
    Right,
    Have,
    At,
    From,
    To,
    Of,
    Path,

    /// <summary>From one side to the other: a bridge across the river.</summary>
    Across,

    /// <summary>From one end to the other, or beside it: a path along the river.</summary>
    Along,
    Up,
    Down,
    Out,
    Between,
    For,
    By,
    As,
    Like,
    Around,
    Against,
    After,
    Before,
    About,

    /// <summary>Compared with: taller than.</summary>
    Than,
}
