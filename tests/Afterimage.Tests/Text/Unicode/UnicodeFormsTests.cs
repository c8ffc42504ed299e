using System.Diagnostics;
using System.Globalization;
using Afterimage.Text.Unicode;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Text.Unicode;

public sealed class UnicodeFormsTests
{
    [Theory]
    [InlineData("é", "e\u0301")]
    [InlineData("\u1EA6", "A\u0302\u0300")]
    [InlineData("각", "\u1100\u1161\u11A8")]
    [InlineData("a\u0301\u0323", "a\u0323\u0301")]
    [InlineData("\u212B", "A\u030A")]
    public void Nfd_takes_characters_apart_in_canonical_order(string text, string expected) => Assert.Equal(expected, UnicodeForms.Nfd(text));

    [Theory]
    [InlineData("e\u0301", "é")]
    [InlineData("\u1100\u1161\u11A8", "각")]
    [InlineData("\u212B", "Å")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("ﬁ", "ﬁ")]
    public void Nfc_puts_characters_together_except_where_excluded(string text, string expected) => Assert.Equal(expected, UnicodeForms.Nfc(text));

    [Theory]
    [InlineData("ﬁ", "fi")]
    [InlineData("Ａ１", "A1")]
    [InlineData("½", "1\u20442")]
    [InlineData("\u00A0x", " x")]
    [InlineData("ｶﾞ", "ガ")]
    public void Nfkc_folds_compatibility_characters(string text, string expected) => Assert.Equal(expected, UnicodeForms.Nfkc(text));

    [Fact]
    public void Nonspacing_marks_are_removed_and_nothing_else() =>
        Assert.Equal("Cafe का naive ❤", UnicodeForms.WithoutNonspacingMarks(UnicodeForms.Nfd("Café का naïve ❤\uFE0F")));

    [Fact]
    public void Text_that_is_in_the_form_already_is_the_same_object()
    {
        string ascii = new('x', 3), latin = "crème brûlée";
        Assert.Same(ascii, UnicodeForms.Nfd(ascii));
        Assert.Same(ascii, UnicodeForms.Nfkc(ascii));
        Assert.Same(latin, UnicodeForms.Nfc(latin));
    }

    [Fact]
    public void Lone_surrogates_pass_through() => Assert.Equal("\uD800e\u0301\uDC00", UnicodeForms.Nfd("\uD800é\uDC00"));

    [Fact]
    public void Normalising_twice_changes_nothing_and_never_throws() => Prop.ForAll<char[]>(units =>
    {
        string text = new(units);
        return UnicodeForms.Nfd(UnicodeForms.Nfc(text)) == UnicodeForms.Nfd(text)
            && UnicodeForms.Nfc(UnicodeForms.Nfd(text)) == UnicodeForms.Nfc(text)
            && UnicodeForms.Nfkc(UnicodeForms.Nfkd(text)) == UnicodeForms.Nfkc(text)
            && UnicodeForms.Nfkc(UnicodeForms.Nfkc(text)) == UnicodeForms.Nfkc(text);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_megabyte_of_marks_in_the_worst_order_is_sorted()
    {
        string text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 500_000));
        string sorted = UnicodeForms.Nfd(text);
        Assert.Equal('\u0323', sorted[500_000]);
        Assert.Equal('\u0301', sorted[500_001]);
    }

    /// <summary>The conformance file of the Unicode Consortium, where the machine has it (Debian package unicode-data).</summary>
    [Fact]
    public void The_conformance_test_of_the_unicode_database_passes()
    {
        const string file = "/usr/share/unicode/NormalizationTest.txt.bz2";
        Assert.SkipUnless(File.Exists(file) && File.Exists("/usr/bin/bzcat"), $"{file} is not here");
        using var unpack = Process.Start(new ProcessStartInfo("/usr/bin/bzcat", file) { RedirectStandardOutput = true })!;
        int rows = 0;
        while (unpack.StandardOutput.ReadLine() is { } line)
        {
            if (line.Contains("NormalizationTest-", StringComparison.Ordinal) && !line.Contains(UnicodeForms.UnicodeVersion, StringComparison.Ordinal))
            {
                Assert.Skip($"{file} is of another version than {UnicodeForms.UnicodeVersion}");
            }

            if (line.Length == 0 || line[0] is '#' or '@')
            {
                continue;
            }

            string[] forms = [.. line.Split(';').Take(5).Select(Text)];
            Assert.All(forms[..3], form => Assert.Equal(forms[1], UnicodeForms.Nfc(form)));
            Assert.All(forms[..3], form => Assert.Equal(forms[2], UnicodeForms.Nfd(form)));
            Assert.All(forms, form => Assert.Equal(forms[3], UnicodeForms.Nfkc(form)));
            Assert.All(forms, form => Assert.Equal(forms[4], UnicodeForms.Nfkd(form)));
            rows++;
        }

        Assert.True(rows > 18_000);
    }

    private static string Text(string codePoints) =>
        string.Concat(codePoints.Split(' ').Select(c => char.ConvertFromUtf32(int.Parse(c, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
}
