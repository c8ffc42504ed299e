using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Reading;

/// <summary>Several words of a prompt that the thesaurus names as one: cell phone, get ready.</summary>
/// <param name="Start">Position of the first word.</param>
/// <param name="Length">Number of words.</param>
/// <param name="Concepts">Where the thesaurus names it.</param>
internal readonly record struct Expression(int Start, int Length, Thesaurus.Entry[] Concepts);
