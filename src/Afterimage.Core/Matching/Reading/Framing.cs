namespace Afterimage.Matching.Reading;

/// <summary>
/// Sets aside what people say around a prompt to whoever draws: "hi, could you please make me a picture of ... for my blog, thanks". Talk is made of a closed
/// vocabulary, so it is read from both ends as far as that goes: in front up to where it hands over (a request, "picture of", a pause), at the end from
/// where it sets in again (thanks, "if possible", what it is for).
/// </summary>
internal static class Framing
{
    private const int TalkWordsMax = 24;
    private const int PurposeWordsMax = 7;
    private const int WishWordsMax = 14;

    private static readonly HashSet<string> Greetings = Set("please pls plz kindly hey hi hello hiya yo ok okay aww hmm lol well right alright so good morning evening afternoon dear bot sorry thanks thank thx cheers");
    private static readonly HashSet<string> Makers = Set(
        "generate create make produce render give gimme show visualize visualise imagine imagining get prepare provide deliver build compose depict do try draw design see have add generating creating making getting drawing doing");

    private static readonly HashSet<string> Wishes = Set("want wants wanted wanting wanna need needs needed request requesting requested ask asks asking asked");

    // Talk only after "would" and the like: "I love you" may be what is drawn.
    private static readonly HashSet<string> Fancies = Set("like love adore appreciate prefer");
    private static readonly HashSet<string> Mediums = Set("draw design drawing");

    // Every word of talk that hands over nothing by itself.
    private static readonly HashSet<string> Talk = Set(
        "i you we it this that these me us my our your mine yours someone somebody anyone d 'd m 'm s 's re 're ll 'll ve 've i'd we'd i'm can could would will shall should may might must is are be been was am "
        + "let lets let's looking look for to of a an the one another next first new now here here's there there's just really very so also again then what how about up out with as if at in on after and or "
        + "wondering whether wonder possible chance any hand over along something anything like mood grateful glad happy mind minute time bit little much lot yesterday following basically go going think thinking idea use using ai take shot "
        + "help favour favor trouble worry rest else more nothing only all no not don don't do won't isn't isnt t n't exactly simple easy quick quickly today tonight asap thought come came whip kind kindly sure "
        + "awesome great nice cool perfect lovely amazing wonderful fantastic beautiful best super day made make ever yet still when where who which know bet put together "
        + "image picture pic depiction visual visualization rendition pictures images prompt request brief subject number high quality resolution stunning gorgeous detailed clear single fresh unique simple desktop wallpaper background stock");

    private static readonly HashSet<string> Pictures = Set("wallpaper image picture pic depiction visual visualization rendition pictures images");
    private static readonly HashSet<string> Labels = Set("prompt request brief subject image picture pic idea");
    private static readonly HashSet<string> Courtesies = Set("please pls plz kindly hey hi hello hiya");

    private static readonly HashSet<string> Uses = Set(
        "blog website article project presentation post page site wallpaper slideshow newsletter homepage portfolio class homework talk lecture deck slide slides book novel story chapter cover thesis essay report "
        + "flyer flier leaflet menu calendar card invitation magazine brochure catalogue catalog profile instagram facebook channel thumbnail screensaver campaign shop store bakery restaurant clinic school paper "
        + "birthday wedding party anniversary room wall nursery bedroom office daughter son kid kids children wife husband mother father mom dad brother sister friend friends nephew niece grandma grandpa boss client clients team students pupils reference background desktop phone");

    private static readonly HashSet<string> Farewells = Set(
        "please pls plz thanks thank thx cheers merci ta asap possible okay ok fine appreciate appreciated advance perfect great awesome lovely nice cool wonderful day trouble worry time mind kind ask asked make makes go again needed discussed more minute");

    /// <summary>Marks framing at both ends as function words.</summary>
    public static void Strip(List<Word> words)
    {
        int end = EndOf(words);
        int start = StartOf(words, end);
        for (int i = 0; i < words.Count; i++)
        {
            if ((i < start || i >= end) && words[i].Kind != WordKind.Break)
            {
                words[i].Kind = WordKind.Function;
                words[i].Tag = Tag.Auxiliary;
                words[i].Place = Place.None;
                words[i].Weight = 0;
            }
        }
    }

    // Where the prompt begins: after the last place in front where talk hands over.
    private static int StartOf(List<Word> words, int end)
    {
        int start = AfterPurpose(words, end);
        bool asks = start > 0;
        bool fancies = false;
        bool labelled = false;
        for (int i = start; i < Math.Min(end, start + TalkWordsMax) && !words[i].Quoted; i++)
        {
            string word = words[i].Text;
            if (words[i].Kind == WordKind.Break)
            {
                start = asks ? i + 1 : start;
                continue;
            }

            if (Courtesies.Contains(word) && start == i)
            {
                (asks, start) = (true, i + 1);
            }
            else if (Wishes.Contains(word) || (Fancies.Contains(word) && fancies) || (Makers.Contains(word) && Orders(words, i, asks)))
            {
                (asks, start) = (true, i + 1);
            }
            else if (asks && Pictures.Contains(word) && AfterUse(words, i + 1, end) is > 0 and int after)
            {
                (i, start) = (after - 1, after);
            }
            else if (i > 0 && HandsOver(words[i - 1].Text, word, labelled))
            {
                (asks, start) = (true, i + 1);
            }
            else if (words[i].Kind == WordKind.Number && i > 0 && Labels.Contains(words[i - 1].Text) && IsFollowedByBreak(words, i))
            {
                asks = true;
            }
            else if (!Talk.Contains(word) && !Greetings.Contains(word))
            {
                break;
            }
            else
            {
                asks |= Greetings.Contains(word) || word is "can" or "could" or "would" or "let" or "let's" or "lets" or "wondering" or "how" or "about" or "chance" or "idea" or "here" or "this" or "next" or "now"
                    || (Labels.Contains(word) && IsFollowedByBreak(words, i));
                labelled |= Labels.Contains(word) || word is "imagining" or "thinking";
                fancies |= word is "would" or "d" or "'d" or "i'd" or "we'd" or "could" or "might";
                start = asks && word is "me" or "us" && start == i ? i + 1 : start;
            }
        }

        start = AfterFillers(words, start, end);
        return start < end && words.FindIndex(start, end - start, w => w.Kind is WordKind.Content or WordKind.Number or WordKind.Opaque) >= 0 ? start : 0;
    }

    // "a picture for my blog: ..."; 0 where no use and pause follow.
    private static int AfterUse(List<Word> words, int at, int end)
    {
        if (at + 1 >= end || words[at].Text != "for" || words[at + 1].Text is not ("my" or "our" or "a" or "an" or "the"))
        {
            return 0;
        }

        int pause = words.FindIndex(at, Math.Min(end - at, PurposeWordsMax), w => w.Kind == WordKind.Break);
        return pause > 0 && Uses.Contains(words[pause - 1].Text) && !words[pause - 1].Quoted ? pause + 1 : 0;
    }

    // "picture of", "looking for", "how about", "the subject of the image is"
    private static bool HandsOver(string before, string word, bool labelled) => word switch
    {
        "of" or "showing" or "depicting" or "featuring" => Pictures.Contains(before),
        "for" => before is "looking" or "mood" or "grateful" or "asking",
        "about" => before is "how" or "what",
        "with" => before is "up" or "out",
        "is" => labelled,
        _ => false,
    };

    // "make me", "give it a go", "try to see": what a request drags along.
    private static int AfterFillers(List<Word> words, int start, int end)
    {
        int i = start;
        while (start > 0 && i < end && words[i].Text is "me" or "us" or "to" or "see" or "have" or "get" or "is" or "'s" or "be" or "for" or "out" or "up" or "with" && i + 1 < end)
        {
            i++;
        }

        return i;
    }

    // An order stands first or after asking; "draw" and "design" also name what kind of picture it is.
    private static bool Orders(List<Word> words, int at, bool asks)
    {
        bool first = at == 0 || words[at - 1].Kind == WordKind.Break;
        if (!asks && !first)
        {
            return false;
        }

        bool ambiguous = Mediums.Contains(words[at].Text) || words[at].Text is "see" or "have" or "get" or "do" or "build" or "show" or "add" or "try";
        return !ambiguous || asks || (at + 1 < words.Count && words[at + 1].Text is "a" or "an" or "the" or "me" or "us" or "some" or "one" or "two" or "three" or "four");
    }

    private static bool IsFollowedByBreak(List<Word> words, int at) =>
        at + 1 < words.Count && (words[at + 1].Kind == WordKind.Break || (words[at + 1].Kind == WordKind.Number && at + 2 < words.Count && words[at + 2].Kind == WordKind.Break));

    // "For my presentation on farming, ...", "my daughter is six and wants ...", "we run a shop and need ..."
    private static int AfterPurpose(List<Word> words, int end)
    {
        bool purpose = words.Count > 2 && words[0].Text == "for" && words[1].Text is "my" or "our" or "a" or "an" or "the";
        bool person = words.Count > 0 && words[0].Text is "my" or "our" or "i" or "we";
        bool use = false;
        for (int i = 1; (purpose || person) && i < Math.Min(end, WishWordsMax) && !words[i].Quoted; i++)
        {
            use |= Uses.Contains(words[i].Text);
            if (purpose && use && i <= PurposeWordsMax && words[i].Kind == WordKind.Break)
            {
                return i + 1;
            }

            if (words[i].Text is "want" or "wants" or "need" or "needs" or "wanting" && !(purpose && !use))
            {
                return i + 1;
            }
        }

        return 0;
    }

    // Where the prompt ends: before the last phrase that is talk, as long as there are such.
    private static int EndOf(List<Word> words)
    {
        int end = words.Count;
        while (end > 1)
        {
            int from = end;
            while (from > 0 && words[from - 1].Kind == WordKind.Break)
            {
                from--;
            }

            if (from == 0)
            {
                break;
            }

            int phrase = from;
            while (phrase > 0 && words[phrase - 1].Kind != WordKind.Break)
            {
                phrase--;
            }

            int cut = phrase > 0 && IsFarewell(words, phrase, from) ? phrase : BeforeTail(words, phrase, from);
            if (cut >= from || cut == 0)
            {
                break;
            }

            end = cut;
        }

        return end;
    }

    private static bool IsFarewell(List<Word> words, int from, int to)
    {
        // "..., would you", "Can you make that?"
        bool leaves = to - from > 1 && words[from].Text is "can" or "could" or "would" or "will" && words[from + 1].Text == "you";
        for (int i = from; i < to; i++)
        {
            string word = words[i].Text;
            if (words[i].Quoted || !(Talk.Contains(word) || Greetings.Contains(word) || Farewells.Contains(word) || Wishes.Contains(word) || Fancies.Contains(word) || (leaves && Makers.Contains(word))))
            {
                return IsUse(words, from, to);
            }

            leaves |= Farewells.Contains(word) || Wishes.Contains(word);
        }

        return leaves;
    }

    // ", for my blog", "this is for my brother's birthday", "needed for a nursery wall"
    private static bool IsUse(List<Word> words, int from, int to)
    {
        int purpose = words.FindIndex(from, to - from, w => w.Text == "for");
        return purpose >= 0 && to - purpose <= PurposeWordsMax && purpose - from <= 3 && words[to - 1] is { Quoted: false } && Uses.Contains(words[to - 1].Text)
            && words.GetRange(from, purpose - from).TrueForAll(w => Talk.Contains(w.Text) || Wishes.Contains(w.Text))
            && words[purpose + 1].Text is "my" or "our" or "a" or "an" or "the";
    }

    // "a cat please", "a cat for my blog", "a cat would be lovely", without a pause.
    private static int BeforeTail(List<Word> words, int from, int to)
    {
        int end = to;
        while (end > from + 1 && words[end - 1] is { Quoted: false, Text: "please" or "pls" or "plz" or "thanks" or "thank" or "thx" or "asap" or "you" or "again" } && (words[end - 1].Text is not ("you" or "again") || end < to || words[end - 2].Text is "thank"))
        {
            end--;
        }

        int condition = words.FindLastIndex(end - 1, Math.Min(end - from, 6), w => w.Text == "if");
        if (condition > from && words.GetRange(condition, end - condition).TrueForAll(w => Talk.Contains(w.Text) || Farewells.Contains(w.Text)))
        {
            end = condition;
        }

        int modal = words.FindLastIndex(end - 1, Math.Min(end - from, 5), w => w.Text is "would" or "'d");
        if (modal > from && words.GetRange(modal, end - modal).TrueForAll(w => Talk.Contains(w.Text) || Farewells.Contains(w.Text)))
        {
            end = modal;
        }

        int purpose = words.FindLastIndex(end - 1, Math.Min(end - from, 5), w => w.Text == "for");
        bool mine = purpose > from && purpose + 1 < end && (words[purpose + 1].Text is "me" or "us" || (words[purpose + 1].Text is "my" or "our" && Uses.Contains(words[end - 1].Text)));
        return mine && !words[end - 1].Quoted ? purpose : end;
    }

    private static HashSet<string> Set(string words) => new(words.Split(' '), StringComparer.Ordinal);
}
