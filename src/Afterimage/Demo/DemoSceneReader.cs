using System.Numerics;
using System.Text;

namespace Afterimage.Demo;

/// <summary>Reads a prompt into a scene: colours belong to the noun that follows, numbers repeat it, the rest sets place, time, season and style.</summary>
internal static class DemoSceneReader
{
    private const int SubjectsMax = 4;
    private const int CountMax = 9;

    public static DemoScene Read(string prompt)
    {
        Backdrop? backdrop = null;
        DayTime time = DayTime.Day;
        Season season = Season.Summer;
        RenderStyle style = RenderStyle.Plain;
        var subjects = new List<DemoSubject>();
        Vector4? colour = null, tint = null;
        int count = 1;
        bool sun = false, moon = false;
        foreach (string word in Words(prompt))
        {
            if (DemoWords.Colours.TryGetValue(word, out int hex))
            {
                colour = Colour.Rgb(hex);
                tint ??= colour;
            }
            else if (DemoWords.NumberOf(word) is { } number)
            {
                count = Math.Clamp(number, 1, CountMax);
            }
            else if (DemoWords.ShapeOf(word) is { } shape)
            {
                if (subjects.Count < SubjectsMax && !subjects.Exists(s => s.Shape == shape))
                {
                    subjects.Add(new DemoSubject(shape, count, colour));
                }

                (colour, count) = (null, 1);
            }
            else
            {
                backdrop = DemoWords.Places.TryGetValue(word, out Backdrop place) ? Merge(backdrop, place) : backdrop;
                time = DemoWords.Times.GetValueOrDefault(word, time);
                season = DemoWords.Seasons.GetValueOrDefault(word, season);
                style = DemoWords.Styles.GetValueOrDefault(word, style);
                sun |= word is "sun" or "sunrise" or "sunset" or "sunny";
                moon |= word is "moon" or "moonlight" or "moonlit";
                colour = DemoWords.Places.ContainsKey(word) ? null : colour;
            }
        }

        bool indoors = subjects.Count > 0 && subjects.TrueForAll(s => DemoWords.Indoors.Contains(s.Shape));
        Backdrop found = backdrop ?? (subjects.Count == 0 ? (sun || moon || time != DayTime.Day || season != Season.Summer ? Backdrop.Land : Backdrop.Abstract)
            : indoors ? Backdrop.Studio : DemoWords.NativePlace(subjects[0].Shape));
        return new DemoScene(found, moon && time == DayTime.Day ? DayTime.Night : time, season, style, subjects, tint, sun, moon);
    }

    // "a lighthouse by the sea below mountains": the first named place rules, but bare land gives way.
    private static Backdrop Merge(Backdrop? before, Backdrop now) => before is null or Backdrop.Land ? now : before.Value;

    private static IEnumerable<string> Words(string prompt)
    {
        var word = new StringBuilder();
        foreach (Rune rune in prompt.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
            {
                word.Append(Rune.ToLowerInvariant(rune));
            }
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }
}
