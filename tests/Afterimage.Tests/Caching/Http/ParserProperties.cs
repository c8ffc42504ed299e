using Afterimage.Caching.Http;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Afterimage.Tests.Caching.Http;

/// <summary>What every parser must keep to for any input: it ends, it does not throw, and it does not find what is not there.</summary>
public sealed class ParserProperties
{
    private static readonly string[] Pieces =
    [
        "max-age", "s-maxage", "no-cache", "private", "no-store", "=", ",", ";", "\"", "\\", " ", "\t", "3600", "-1", "bytes", "bytes=", "-", "/", "*", "W/", ":", "?1", "@5", "%\"", "(", ")",
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "a", "é", "\0", "99999999999999999999", "q=1", ".",
    ];

    /// <summary>Texts made of the pieces that grammars are made of: they get deeper into a parser than random characters.</summary>
    private static Arbitrary<string> Texts => Gen.Elements(Pieces).ArrayOf().Select(string.Concat).ToArbitrary();

    [Fact]
    public void No_text_breaks_a_parser() => Prop.ForAll(Texts, text =>
    {
        CacheDirectives.Parse(text);
        RequestDirectives.Parse(text);
        _ = TargetedDirectives.TryParse(text, out _);
        AgeField.Parse(text);
        _ = HttpDate.TryParse(text, Make.Now, out _);
        VaryFields.Parse(text);
        EntityTag.ListMatches(text, EntityTag.Parse(text));
        RangeSpec.Parse(text);
        ContentRange.Parse(text);
        HttpToken.List(text);
        Invalidation.SameOriginTarget(text, "/a", [new Uri("http://a.example")]);
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Directives_in_quotes_have_no_effect() => Prop.ForAll(Texts, text =>
    {
        string quoted = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        CacheDirectives directives = CacheDirectives.Parse($"x=\"{quoted}\", max-age=7");
        return directives == CacheDirectives.None with { MaxAgeSeconds = 7 };
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void A_text_appended_behind_a_comma_takes_nothing_back() => Prop.ForAll(Texts, text =>
    {
        // no-store and private must survive whatever else a response says.
        CacheDirectives directives = CacheDirectives.Parse("no-store, private, " + text);
        return directives.NoStore && directives.Private;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Seconds_are_never_negative_nor_beyond_the_greatest() => Prop.ForAll(Texts, text =>
    {
        CacheDirectives directives = CacheDirectives.Parse($"max-age={text}");
        return directives.MaxAgeSeconds is >= 0 and <= DeltaSeconds.Max && AgeField.Parse(text) is >= 0 and <= DeltaSeconds.Max;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Every_date_is_read_back_from_each_of_its_forms() => Prop.ForAll<int>(seconds =>
    {
        DateTimeOffset date = Make.Now.AddSeconds(seconds % 1_000_000_000);
        DateTime utc = date.UtcDateTime;
        string[] forms = [HttpDate.Format(date), $"{utc:dddd}, {utc:dd-MMM-yy HH:mm:ss} GMT", $"{utc:ddd MMM} {utc.Day,2} {utc:HH:mm:ss yyyy}"];
        return Array.TrueForAll(forms, form => HttpDate.TryParse(form, Make.Now, out DateTimeOffset read) && read == date);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Normalising_twice_changes_nothing() => Prop.ForAll(Texts, text =>
        Array.TrueForAll(["accept", "accept-language", "x"], name => FieldNormaliser.Normalise(name, FieldNormaliser.Normalise(name, text)) == FieldNormaliser.Normalise(name, text)))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void A_request_always_matches_its_own_secondary_key() => Prop.ForAll(Texts, text =>
    {
        var request = new HttpFields([new("Foo", text), new("Accept-Language", text)]);
        return VaryKey.Of(["accept-language", "bar", "foo"], request).Matches(request);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void A_resolved_range_lies_inside_the_representation() => Prop.ForAll<int, int, int>((a, b, length) =>
    {
        length = Math.Abs(length % 1000);
        foreach (string text in new[] { $"bytes={Math.Abs((long)a)}-{Math.Abs((long)b)}", $"bytes={Math.Abs((long)a)}-", $"bytes=-{Math.Abs((long)b)}" })
        {
            if (RangeSpec.Parse(text) is [var range] && range.Resolve(length) is var (first, last) && !(first >= 0 && first <= last && last < length))
            {
                return false;
            }
        }

        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Parsed_structured_fields_never_contain_a_key_that_is_not_in_the_text() => Prop.ForAll(Texts, text =>
        !StructuredDictionary.TryParse(text, out var members) || members.Keys.All(key => text.Contains(key, StringComparison.Ordinal)))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
