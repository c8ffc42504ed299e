#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
// Makes src/Afterimage.Core/Text/Unicode/unicode-forms.txt from the Unicode Character Database:
//   dotnet run tools/unicode-forms.cs -- /usr/share/unicode      (Debian package unicode-data)
// Lines of the result, all numbers hexadecimal:
//   C first last class          canonical combining class, where not zero
//   D code mapping...           canonical decomposition, one step
//   X code mapping...           the same, but excluded from composition
//   K code mapping...           compatibility decomposition, one step
using System.Globalization;
using System.Text;

string ucd = args.Length > 0 ? args[0] : "/usr/share/unicode";
string target = args.Length > 1 ? args[1] : Path.Combine("src", "Afterimage.Core", "Text", "Unicode", "unicode-forms.txt");

var excluded = new HashSet<int>();
string version = "";
foreach (string line in File.ReadLines(Path.Combine(ucd, "DerivedNormalizationProps.txt")))
{
    if (version.Length == 0)
    {
        version = line.TrimStart('#', ' ').Replace("DerivedNormalizationProps-", "", StringComparison.Ordinal).Replace(".txt", "", StringComparison.Ordinal);
    }

    string[] fields = line.Split('#')[0].Split(';', StringSplitOptions.TrimEntries);
    if (fields.Length > 1 && fields[1] == "Full_Composition_Exclusion")
    {
        string[] ends = fields[0].Split("..");
        for (int code = Hex(ends[0]); code <= Hex(ends[^1]); code++)
        {
            excluded.Add(code);
        }
    }
}

var classes = new StringBuilder();
var mappings = new StringBuilder();
int first = -1, last = -1, runClass = 0;
foreach (string line in File.ReadLines(Path.Combine(ucd, "UnicodeData.txt")))
{
    string[] fields = line.Split(';');
    int code = Hex(fields[0]);
    int combining = int.Parse(fields[3], CultureInfo.InvariantCulture);
    if (combining != runClass || code != last + 1)
    {
        EndRun();
        first = code;
        runClass = combining;
    }

    last = code;
    if (fields[5].Length > 0)
    {
        bool compatible = fields[5][0] == '<';
        string mapping = compatible ? fields[5][(fields[5].IndexOf('>') + 2)..] : fields[5];
        mappings.Append(compatible ? 'K' : excluded.Contains(code) ? 'X' : 'D').Append(' ').Append(fields[0]).Append(' ').Append(mapping).Append('\n');
    }
}

EndRun();
File.WriteAllText(target, $"# Unicode {version}; made by tools/unicode-forms.cs\n{classes}{mappings}");
return 0;

void EndRun()
{
    if (runClass != 0)
    {
        classes.Append(CultureInfo.InvariantCulture, $"C {first:X4} {last:X4} {runClass:X}\n");
    }
}

static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
