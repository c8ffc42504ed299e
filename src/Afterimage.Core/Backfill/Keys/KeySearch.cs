namespace Afterimage.Backfill.Keys;

/// <summary>
/// Finds the path and query that a key was made from. Every <c>_</c> of the key was one of <c>_ / ? = &amp;</c>; readings are tried from the likely to the
/// unlikely and the hash says which one it was. Work is bounded: at most <see cref="CandidatesMax"/> sums are compared, so that the chance of a wrong
/// reading that fits by accident stays under one in twenty thousand.
/// </summary>
internal sealed class KeySearch
{
    private const int CandidatesMax = 100_000;
    private const int NameTokensMax = 3;
    private const int LiteralsMax = 4;
    private const int EveryCharacterMax = 5;
    private const int SlashSubsetMax = 12;
    private const string Replaced = "/&=";

    private static readonly HashSet<string> KnownNames =
    [
        "width", "height", "seed", "model", "nologo", "enhance", "private", "nofeed", "safe", "quality", "negative_prompt", "transparent", "image",
        "guidance_scale", "referrer", "referer", "token", "key", "no-cache", "steps", "style", "sampler", "cfg", "cfg_scale", "n", "size", "refine",
        "duration", "aspectRatio", "aspect_ratio", "audio", "negative", "guidance", "nsfw", "upscale", "format", "t", "v", "cache", "random", "id",
    ];

    /// <summary>Parameter names that real requests use.</summary>
    public static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Known = KnownNames.GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly string _safe;
    private readonly int _pathStart;
    private readonly int[] _places;
    private readonly uint[] _powers;
    private readonly uint _target;
    private readonly uint _targetNegative;
    private readonly List<(int Place, char Character)> _query = [];
    private int _left = CandidatesMax;
    private InPrompt _effort;
    private char[]? _found;

    /// <summary>How much is tried for the underscores inside the prompt: most prompts keep theirs or have slashes everywhere, few mix.</summary>
    private enum InPrompt
    {
        Plain,
        Few,
        Many,
    }

    /// <param name="safe">The key without prefix and hash.</param>
    /// <param name="pathStart">Length of its fixed beginning, for example of <c>_prompt_</c>.</param>
    /// <param name="hash">The number at the key's end.</param>
    private KeySearch(string safe, int pathStart, uint hash)
    {
        _safe = safe;
        _pathStart = pathStart;
        _places = [.. Enumerable.Range(pathStart, safe.Length - pathStart).Where(i => safe[i] == '_')];
        _powers = PathHash.Powers(safe.Length);
        uint fixedPart = unchecked(PathHash.Of(safe) + Change(0, '/') + Change(pathStart - 1, '/'));
        _target = unchecked(hash - fixedPart);
        _targetNegative = unchecked((uint)-(int)hash - fixedPart);
    }

    /// <summary>The path and query, or null where no reading fits.</summary>
    public static string? Find(string safe, int pathStart, uint hash)
    {
        var search = new KeySearch(safe, pathStart, hash);
        return search.Find() ? new string(search._found) : null;
    }

    private bool Find()
    {
        return At(InPrompt.Plain, literalsMax: LiteralsMax) || At(InPrompt.Few, literalsMax: 1) || At(InPrompt.Many, literalsMax: -1);

        bool At(InPrompt effort, int literalsMax)
        {
            _effort = effort;
            return Settle(_places.Length, 0) || TryKnown() || TryGeneric(literalsMax);
        }
    }

    private bool TryKnown()
    {
        for (int mark = 0; mark < _places.Length; mark++)
        {
            // People also write "/prompt/a cat&width=512"; the cache hashed what they wrote.
            if (KnownPair(mark, mark, '?', Change(_places[mark], '?')) || KnownPair(mark, mark, '&', Change(_places[mark], '&')))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryGeneric(int literalsMax)
    {
        for (int literals = 0; literals <= literalsMax; literals++)
        {
            for (int mark = 0; mark < _places.Length; mark++)
            {
                if (_left > 0 && Generic(mark, mark, Change(_places[mark], '?'), literals, ""))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // A separator stands at `at`; a known name follows it.
    private bool KnownPair(int mark, int at, char separator, uint sum)
    {
        for (int tokens = 1; tokens <= NameTokensMax && at + tokens < _places.Length; tokens++)
        {
            int equals = at + tokens;
            if (!Known.Contains(_safe.AsSpan((_places[at] + 1)..(_places[equals]))))
            {
                continue;
            }

            _query.Add((_places[at], separator));
            _query.Add((_places[equals], '='));
            uint withName = unchecked(sum + Change(_places[equals], '='));
            if (Settle(mark, withName))
            {
                return true;
            }

            for (int next = equals + 1; next < _places.Length && _left > 0; next++)
            {
                if (KnownPair(mark, next, '&', unchecked(withName + Change(_places[next], '&'))))
                {
                    return true;
                }
            }

            _query.RemoveRange(_query.Count - 2, 2);
        }

        return false;
    }

    // Any well-formed names in their order, with at most so many underscores that stand for themselves.
    private bool Generic(int mark, int at, uint sum, int literals, ReadOnlySpan<char> before)
    {
        for (int tokens = 1; tokens <= Math.Min(NameTokensMax, literals + 1) && at + tokens < _places.Length; tokens++)
        {
            int equals = at + tokens;
            ReadOnlySpan<char> name = _safe.AsSpan((_places[at] + 1)..(_places[equals]));
            if (!IsName(name) || ParameterOrder.Compare(before, name) > 0)
            {
                continue;
            }

            int rest = Known.Contains(name) ? literals : literals - (tokens - 1);
            uint withName = unchecked(sum + Change(_places[equals], '='));
            _query.Add((_places[at], at == mark ? '?' : '&'));
            _query.Add((_places[equals], '='));
            int tail = _places.Length - 1 - equals;
            if (tail <= rest && Settle(mark, withName))
            {
                return true;
            }

            for (int inValue = 0; inValue <= rest && equals + 1 + inValue < _places.Length && _left > 0; inValue++)
            {
                int next = equals + 1 + inValue;
                if (Generic(mark, next, unchecked(withName + Change(_places[next], '&')), rest - inValue, name))
                {
                    return true;
                }
            }

            _query.RemoveRange(_query.Count - 2, 2);
        }

        return false;
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > 40 || !char.IsAsciiLetter(name[0]))
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    // The query is settled; the first `inPath` underscores belong to the prompt.
    private bool Settle(int inPath, uint sum)
    {
        if (_effort == InPrompt.Plain)
        {
            return Fits(sum) ? Keep([]) : TryAllSlashes(inPath, sum);
        }

        return _effort == InPrompt.Few
            ? TryEveryCharacter(inPath, sum, EveryCharacterMax)
            : TrySlashes(inPath, sum) || TryPairs(inPath, sum);
    }

    private bool TryAllSlashes(int inPath, uint sum)
    {
        if (inPath == 0)
        {
            return false;
        }

        for (int i = 0; i < inPath; i++)
        {
            sum = unchecked(sum + Change(_places[i], '/'));
        }

        return Fits(sum) && Keep([.. _places.Take(inPath).Select(p => (p, '/'))]);
    }

    // Each of a few underscores may be any of the four; of many, at most one is not itself.
    private bool TryEveryCharacter(int inPath, uint sum, int every)
    {
        if (inPath > every)
        {
            for (int i = 0; i < inPath; i++)
            {
                foreach (char c in Replaced)
                {
                    if (Fits(unchecked(sum + Change(_places[i], c))))
                    {
                        return Keep([(_places[i], c)]);
                    }
                }
            }

            return false;
        }

        for (int choice = 1; choice < 1 << (2 * inPath) && _left > 0; choice++)
        {
            uint with = sum;
            for (int i = 0; i < inPath; i++)
            {
                with = unchecked(with + Change(_places[i], Chosen(choice, i)));
            }

            if (Fits(with))
            {
                return Keep([.. Enumerable.Range(0, inPath).Select(i => (_places[i], Chosen(choice, i)))]);
            }
        }

        return false;

        static char Chosen(int choice, int i) => "_/&="[(choice >> (2 * i)) & 3];
    }

    private bool TrySlashes(int inPath, uint sum)
    {
        for (int subset = 1; inPath <= SlashSubsetMax && subset < 1 << inPath && _left > 0; subset++)
        {
            uint with = sum;
            for (int i = 0; i < inPath; i++)
            {
                with = (subset & (1 << i)) != 0 ? unchecked(with + Change(_places[i], '/')) : with;
            }

            if (Fits(with))
            {
                return Keep([.. Enumerable.Range(0, inPath).Where(i => (subset & (1 << i)) != 0).Select(i => (_places[i], '/'))]);
            }
        }

        return false;
    }

    private bool TryPairs(int inPath, uint sum)
    {
        for (int first = 0; first < inPath; first++)
        {
            for (int second = first + 1; second < inPath && _left > 0; second++)
            {
                foreach (char a in Replaced)
                {
                    foreach (char b in Replaced)
                    {
                        if (Fits(unchecked(sum + Change(_places[first], a) + Change(_places[second], b))))
                        {
                            return Keep([(_places[first], a), (_places[second], b)]);
                        }
                    }
                }
            }
        }

        return false;
    }

    private bool Fits(uint sum)
    {
        _left--;
        return sum == _target || sum == _targetNegative;
    }

    private bool Keep(IReadOnlyList<(int Place, char Character)> inPath)
    {
        _found = _safe.ToCharArray();
        _found[0] = _found[_pathStart - 1] = '/';
        foreach ((int place, char character) in _query.Concat(inPath))
        {
            _found[place] = character;
        }

        return true;
    }

    private uint Change(int place, char character) => unchecked((uint)(character - '_') * _powers[place]);
}
