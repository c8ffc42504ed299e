using System.Globalization;
using Afterimage.Matching.Reading;

namespace Afterimage.Matching.Comparing;

/// <summary>Where the order of words is what they say: lettering ("The Salt Road"), scores (2-7), lists "from left to right".</summary>
internal static class Sequences
{
    private static readonly string[][] Orders =
    [
        ["left", "to", "right"], ["right", "to", "left"], ["top", "to", "bottom"], ["bottom", "to", "top"], ["front", "to", "back"], ["back", "to", "front"],
        ["in", "order"], ["in", "that", "order"], ["in", "this", "order"],
    ];

    private static readonly HashSet<string> OrderWords = ["clockwise", "counterclockwise", "anticlockwise", "respectively", "chronologically", "alphabetically"];
    private static readonly HashSet<string> Ends = ["left", "right", "top", "bottom", "front", "back", "order"];

    public static void Compare(Alignment alignment, Evidence evidence)
    {
        CompareRuns(alignment, w => w.Quoted && w.Kind != WordKind.Break, "text", evidence);
        CompareRuns(alignment, w => w is { Kind: WordKind.Number, Quoted: false }, "count", evidence);
        CompareTimes(alignment, evidence);
        if ((TellsOrder(alignment.A) || TellsOrder(alignment.B)) && !IsListedAlike(alignment))
        {
            evidence.Conflicts.Add(new Reason("order"));
        }
    }

    private static void CompareRuns(Alignment alignment, Predicate<Word> isOfRun, string name, Evidence evidence)
    {
        if (RunsOf(alignment.A, isOfRun) is not { } a || RunsOf(alignment.B, isOfRun) is not { } b)
        {
            return;
        }

        foreach (string[] run in a.Where(x => !b.Exists(x.SequenceEqual)))
        {
            if (b.Find(y => !a.Exists(y.SequenceEqual) && y.Order(StringComparer.Ordinal).SequenceEqual(run.Order(StringComparer.Ordinal))) is { } turned)
            {
                evidence.Conflicts.Add(new Reason(name, string.Join(' ', run), string.Join(' ', turned)));
            }
        }
    }

    private static void CompareTimes(Alignment alignment, Evidence evidence)
    {
        if (TimesOf(alignment.A) is { } a && TimesOf(alignment.B) is { } b && !a.Order(StringComparer.Ordinal).SequenceEqual(b.Order(StringComparer.Ordinal)))
        {
            evidence.Conflicts.Add(new Reason("time", string.Join(' ', a), string.Join(' ', b)));
        }
    }

    // "ten past ten", "quarter to six"; null where no time is told so.
    private static List<string>? TimesOf(IReadOnlyList<Word> words)
    {
        List<string>? times = null;
        for (int i = 1; i + 1 < words.Count; i++)
        {
            string? side = words[i].Text switch
            {
                "past" or "after" => "past",
                "to" or "till" or "before" or "until" => "to",
                _ => null,
            };
            if (side is not null && words[i + 1].Kind == WordKind.Number && (words[i - 1].Kind == WordKind.Number || words[i - 1].Text is "quarter" or "half"))
            {
                (times ??= []).Add($"{TextOf(words[i - 1])} {side} {TextOf(words[i + 1])}");
            }
        }

        return times;
    }

    // 10 and ten are one.
    private static string TextOf(Word word) => word is { Kind: WordKind.Number, Quoted: false } ? word.Value.ToString(CultureInfo.InvariantCulture) : word.Text;

    // Two and more of them without another word between; null where there are none.
    private static List<string[]>? RunsOf(IReadOnlyList<Word> words, Predicate<Word> isOfRun)
    {
        List<string[]>? runs = null;
        for (int i = 0, start = 0; i <= words.Count; i++)
        {
            if (i == words.Count || !isOfRun(words[i]))
            {
                if (i - start > 1)
                {
                    (runs ??= []).Add([.. words.Skip(start).Take(i - start).Select(TextOf)]);
                }

                start = i + 1;
            }
        }

        return runs;
    }

    private static bool TellsOrder(IReadOnlyList<Word> words)
    {
        for (int i = 0; i < words.Count; i++)
        {
            if (OrderWords.Contains(words[i].Text) || StartsOrder(words, i))
            {
                return true;
            }
        }

        return false;
    }

    private static bool StartsOrder(IReadOnlyList<Word> words, int at)
    {
        foreach (string[] order in Orders)
        {
            int matched = 0;
            while (matched < order.Length && at + matched < words.Count && words[at + matched].Text == order[matched])
            {
                matched++;
            }

            if (matched == order.Length)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsListedAlike(Alignment alignment)
    {
        int last = -1;
        for (int i = 0; i < alignment.A.Count; i++)
        {
            if (alignment.ToB[i] is >= 0 and int j && alignment.A[i].Tag == Tag.Noun && !Ends.Contains(alignment.A[i].Text))
            {
                if (j < last)
                {
                    return false;
                }

                last = j;
            }
        }

        return true;
    }
}
