using System.Globalization;

namespace Afterimage.Text.Unicode;

/// <summary>
/// Combining classes, decompositions and compositions, read once from the resource that <c>tools/unicode-forms.cs</c> makes.
/// Look-up is two array reads: a page per 256 code points, shared where empty, and in it the number of a record.
/// </summary>
internal sealed class UnicodeTable
{
    private const int CodePoints = 0x110000;

    private static readonly Lazy<UnicodeTable> Instance = new(Load);

    private readonly ushort[] _pageOf = new ushort[CodePoints >> 8];
    private readonly List<ushort[]> _pages = [new ushort[256]];
    private readonly List<Entry> _entries = [default];
    private readonly Dictionary<long, int> _composites = [];

    public static UnicodeTable Shared => Instance.Value;

    public string Version { get; private set; } = "";

    public int CombiningClass(int codePoint) => (uint)codePoint < CodePoints ? EntryOf(codePoint).CombiningClass : 0;

    /// <summary>Full decomposition; empty where the code point stays itself. Hangul syllables are not in the table.</summary>
    public ReadOnlySpan<int> Decomposition(int codePoint, bool compatible)
    {
        Entry entry = EntryOf(codePoint);
        return compatible ? entry.Compatible : entry.Canonical;
    }

    /// <summary>The primary composite of two code points, or 0.</summary>
    public int Composite(int first, int second) => _composites.GetValueOrDefault(((long)first << 32) | (uint)second);

    private Entry EntryOf(int codePoint) => _entries[_pages[_pageOf[codePoint >> 8]][codePoint & 0xFF]];

    private static UnicodeTable Load()
    {
        using Stream stream = typeof(UnicodeTable).Assembly.GetManifestResourceStream("Afterimage.Text.Unicode.unicode-forms.txt")
            ?? throw new InvalidOperationException("the resource unicode-forms.txt is missing from the assembly");
        using var reader = new StreamReader(stream);
        var table = new UnicodeTable { Version = (reader.ReadLine() ?? "").Split(' ', ';')[2] };
        var steps = new Dictionary<int, (int[] Mapping, bool Compatible)>();
        while (reader.ReadLine() is { } line)
        {
            table.ReadLine(line, steps);
        }

        foreach (int code in steps.Keys)
        {
            table.Change(code, entry => entry with
            {
                Canonical = steps[code].Compatible ? [] : Expand(code, steps, compatible: false),
                Compatible = Expand(code, steps, compatible: true),
            });
        }

        return table;
    }

    private void ReadLine(string line, Dictionary<int, (int[] Mapping, bool Compatible)> steps)
    {
        Span<int> numbers = stackalloc int[20];
        int count = 0;
        foreach (Range field in line.AsSpan(2).Split(' '))
        {
            numbers[count++] = int.Parse(line.AsSpan(2)[field], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        if (line[0] == 'C')
        {
            byte combining = (byte)numbers[2];
            for (int code = numbers[0]; code <= numbers[1]; code++)
            {
                Change(code, entry => entry with { CombiningClass = combining });
            }

            return;
        }

        int[] mapping = numbers[1..count].ToArray();
        steps.Add(numbers[0], (mapping, line[0] == 'K'));
        if (line[0] == 'D')
        {
            _composites.Add(((long)mapping[0] << 32) | (uint)mapping[1], numbers[0]);
        }
    }

    private static int[] Expand(int code, Dictionary<int, (int[] Mapping, bool Compatible)> steps, bool compatible) =>
        steps.TryGetValue(code, out var step) && (compatible || !step.Compatible)
            ? [.. step.Mapping.SelectMany(part => Expand(part, steps, compatible))]
            : [code];

    private void Change(int code, Func<Entry, Entry> change)
    {
        if (_pageOf[code >> 8] == 0)
        {
            _pageOf[code >> 8] = (ushort)_pages.Count;
            _pages.Add(new ushort[256]);
        }

        ushort[] page = _pages[_pageOf[code >> 8]];
        if (page[code & 0xFF] == 0)
        {
            page[code & 0xFF] = (ushort)_entries.Count;
            _entries.Add(default);
        }

        _entries[page[code & 0xFF]] = change(_entries[page[code & 0xFF]]);
    }

    /// <summary>What is known of one code point.</summary>
    private readonly record struct Entry(byte CombiningClass, int[]? Canonical, int[]? Compatible);
}
