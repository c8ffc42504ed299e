using Afterimage.Matching.Reading;
using Afterimage.Text.Lexicon;

namespace Afterimage.Matching.Comparing;

/// <summary>Joins expressions of several words with what the thesaurus says is the same: trash can, rubbish bin; getting ready, preparing.</summary>
internal static class ExpressionAligner
{
    public const float NearStrength = 0.85f;

    public static void Align(PromptReading a, PromptReading b, Alignment alignment)
    {
        if (a.Expressions.Length == 0 && b.Expressions.Length == 0)
        {
            return;
        }

        List<Expression> ofA = Spans(a, alignment.ToB);
        List<Expression> ofB = Spans(b, alignment.ToA);
        for (int length = 2 * Thesaurus.PhraseWordsMax; length > 2; length--)
        {
            foreach (Expression x in ofA)
            {
                foreach (Expression y in ofB)
                {
                    if (x.Length + y.Length == length && Lies(x, y, alignment.ToB) && Lies(y, x, alignment.ToA) && (IsFree(x, alignment.ToB) || IsFree(y, alignment.ToA)))
                    {
                        Join(x, y, Thesaurus.Relate(x.Concepts, y.Concepts), alignment);
                    }
                }
            }
        }
    }

    // Expressions with a word that has no partner yet, and all single words: the pool may have met the pool of the swimming pool already.
    private static List<Expression> Spans(PromptReading reading, int[] partners)
    {
        var spans = new List<Expression>();
        foreach (Expression expression in reading.Expressions)
        {
            if (IsFree(expression, partners))
            {
                spans.Add(expression);
            }
        }

        for (int i = 0; i < partners.Length; i++)
        {
            if (reading.Words[i].Concepts.Length > 0)
            {
                spans.Add(new Expression(i, 1, reading.Words[i].Concepts));
            }
        }

        return spans;
    }

    // No word of the span may belong to something outside the other span.
    private static bool Lies(Expression span, Expression other, int[] partners)
    {
        foreach (int partner in partners.AsSpan(span.Start, span.Length))
        {
            if (partner >= 0 && (partner < other.Start || partner >= other.Start + other.Length))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsFree(Expression span, int[] partners) => partners.AsSpan(span.Start, span.Length).Contains(-1);

    private static void Join(Expression x, Expression y, ThesaurusRelation relation, Alignment alignment)
    {
        if (relation < ThesaurusRelation.Near)
        {
            return;
        }

        var match = new Match(Likeness.Synonym, relation == ThesaurusRelation.Same ? 1 : NearStrength);
        (int headX, int headY) = (x.Start + x.Length - 1, y.Start + y.Length - 1);
        for (int i = headX; i >= x.Start; i--)
        {
            alignment.Join(i, headY, match);
        }

        for (int j = headY; j >= y.Start; j--)
        {
            alignment.Join(headX, j, match);
        }
    }
}
