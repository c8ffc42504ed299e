using System.Text;
using Afterimage.Backfill.Extraction;
using Afterimage.Backfill.Keys;
using Afterimage.Caching.Http;
using Afterimage.Configuration;
using Afterimage.Dialects;
using Afterimage.Entries;
using Afterimage.Gateway;
using Afterimage.Images;
using Afterimage.Matching;
using Afterimage.Tests.Entries;
using Afterimage.Tests.Images;
using Afterimage.Text.Safetensors;
using Afterimage.Text.Tokenizers;
using Afterimage.Vectors.Storage;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Afterimage.Tests.Fuzzing;

/// <summary>The parsers of what comes from clients, from the origin, from the disk and from model files.</summary>
internal static class FuzzTargets
{
    private static readonly PollinationsDialect[] Dialects =
        [new(new PollinationsOptions()), new(new PollinationsOptions { Generation = PollinationsGeneration.Current })];

    private static readonly string[] UrlWords =
        ["%", "%00", "%2F", "%25", "%C0%AF", "%ED%A0%80", "%f0%9f", "+", "&", "=", "?", "#", "/", "//", "..", "seed=-1", "seed=0", "width=", "height=99999999999", "model=", "&width=64", "http://a/", "é", "\n"];

    private static readonly string[] HeaderWords =
        ["max-age", "s-maxage", "no-cache", "private", "no-store", "only-if-cached", "=", ",", ";", "\"", "\\", " ", "99999999999999999999", "-1", "bytes=", "W/", "*", "Sun, 06 Nov 1994 08:49:37 GMT", "(", "?1"];

    private static readonly string[] JsonWords =
        ["{", "}", "[", "]", ":", ",", "\"", "\\u0000", "\\ud800", "null", "true", "1e999", "-1", "\"prompt\"", "\"seed\"", "\"key\"", "\"length\"", "\"inputs\"", "\"class_type\"", "\"shape\"", "\"data_offsets\"", "Steps: ", "Negative prompt: "];

    private static readonly string[] ImageWords =
    [
        "IHDR", "IDAT", "IEND", "tEXt", "zTXt", "iTXt", "eXIf", "acTL", "RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ANMF", "EXIF", "XMP ", "GIF89a", "ftyp", "avif", "meta", "iloc", "iinf", "infe", "iprp", "ipco", "mdat",
        "\xFF\xD8", "\xFF\xD9", "\xFF\xDA", "\xFF\xE1", "Exif\0\0", "II*\0", "MM\0*", "\x78\xDA",
    ];

    private static readonly WordPieceTokenizer Tokenizer = TokenizerFiles.Load(Path.Combine(Repository.Root, "tests", "Afterimage.Tests", "Fixtures", "encoder"));

    public static FuzzTarget[] All { get; } =
    [
        new("image", () => ImageFixtures.Names.Select(ImageFixtures.Load), ImageWords, ReadImage) { AllocatedBytesMax = 48 << 20 },
        new("dialect", () => Lines("Scenarios", "Fixtures", "urls.txt"), UrlWords, ReadTarget),
        new("directives", () => Texts("max-age=60, no-cache", "only-if-cached, max-stale=5", "public, s-maxage=9, stale-while-revalidate=\"7\"", "bytes=0-5, -9", "W/\"a\", \"b\""), HeaderWords, ReadDirectives),
        new("entry", () => [EntryCodec.Encode(TestEntries.Header(1, TestEntries.Body(1, 50)), TestEntries.Body(1, 50))], JsonWords, ReadEntry),
        new("entry-header", () => [EntryHeaderJson.Write(TestEntries.Header(1, TestEntries.Body(1))), EntryHeaderJson.Write(TestEntries.InPlace(2, "s3://x/2", 10))], JsonWords, ReadEntryHeader),
        new("recency", () => [RecencyFile.Encode([TestEntries.Key(1), TestEntries.Key(2), TestEntries.Key(3)], 1)], [], bytes => RecencyFile.TryDecode(bytes, out _)),
        new("vector-log", VectorRecords, [], ReadVectorRecord),
        new("safetensors", () => [SafetensorsHeaderSeed()], JsonWords, bytes => Refused(() => SafetensorsHeader.Read(bytes, 8 + bytes.Length + 1024).Count)),
        new("tokenizer", () => Texts("A red fox, in the snow!", "ça naïve İstanbul ΣΑΣ 一只猫 [CLS] ##ing \u200d", "don't e\u0301\u0301"), ["[SEP]", "##", "'", "\xC3\xA9", "\xED\xA0\x80", "\xF0\x9F\x98\x80", "\0"], ReadTokens),
        new("prompt", () => Texts("two red foxes, (masterpiece:1.2), without trees", "a sign that says \"OPEN\" --ar 16:9 <lora:x:0.8>", "[cat|dog] in 1920s :: 2"), ["(", ")", "[", "]", ":", "<lora:", ">", "\"", " no ", " without ", "--ar", "1.5", ",", "BREAK", "|", "\\("], ReadPrompt) { Cost = 10, AllocatedBytesMax = 64 << 20 },
        new("object-key", () => Texts("image.pollinations.ai_prompt_a_red_fox_width_1024-1a2b3c4d", "prompt/a%20fox?seed=5", "x/a red fox.png"), [.. UrlWords, "_", "-", ".png"], bytes => KeyReader.Read(Latin(bytes)) is not null) { Cost = 4 },
        new("metadata-text", () => Texts("a fox\nNegative prompt: dog\nSteps: 20, Seed: 5, Size: 512x768, Model: m", "{\"prompt\":\"a fox\",\"seed\":5}", "{\"3\":{\"class_type\":\"KSampler\",\"inputs\":{\"positive\":[\"6\",0],\"seed\":5}},\"6\":{\"class_type\":\"CLIPTextEncode\",\"inputs\":{\"text\":\"a fox\"}}}"), JsonWords, ReadMetadataText),
    ];

    private static object ReadImage(byte[] bytes)
    {
        ImageReport report = ImageInspector.Inspect(bytes);
        MetadataReading texts = ImageMetadata.Read(bytes);
        Assert.InRange(texts.Texts.Count, 0, 64);
        ReadOnlyMemory<byte> stripped = ImageMetadata.Strip(bytes);
        if (!report.IsComplete)
        {
            Assert.Equal(bytes.Length, stripped.Length);
            return (report.Format, report.Defect, texts.Texts.Count);
        }

        // A client gets what is left of a complete picture: it must be the same picture, without texts, and nothing is left to take away.
        ImageReport left = ImageInspector.Inspect(stripped.Span);
        Assert.Equal(report, left);
        Assert.True(ImageMetadata.Strip(stripped).Span.SequenceEqual(stripped.Span));
        return (report.Format, report.Defect, texts.Texts.Count, texts.Incomplete, stripped.Length == bytes.Length);
    }

    private static object ReadTarget(byte[] bytes)
    {
        if (RequestTarget.From(Latin(bytes)) is not { } target)
        {
            return false;
        }

        Assert.DoesNotContain('\n', target.Raw);
        DialectReading[] readings = [.. Dialects.Select(d => d.Read(target, ""))];
        foreach (DialectReading reading in readings)
        {
            if (reading.Request is { } request)
            {
                Assert.Null(reading.Bypass);
                Assert.Equal(request.ExactKey, Dialects[Array.IndexOf(readings, reading)].Read(target, "").Request!.ExactKey);
                Assert.NotEqual(request.ExactKey, Dialects[Array.IndexOf(readings, reading)].Read(target, "another").Request!.ExactKey);
            }
        }

        return (readings[0].Bypass, readings[1].Bypass, readings[0].Request?.Parameters.Count, readings[1].Request?.Parameters.Count, readings[0].Refresh);
    }

    private static object ReadDirectives(byte[] bytes)
    {
        string text = Latin(bytes);
        var context = new DefaultHttpContext();
        context.Request.Headers.CacheControl = text;
        context.Request.Headers[RequestControls.SemanticHeader] = text;
        RequestControls controls = RequestControls.Of(context.Request, honorCacheControl: true);
        RequestDirectives request = RequestDirectives.Parse(text);
        CacheDirectives response = CacheDirectives.Parse(text);
        _ = TargetedDirectives.TryParse(text, out _);
        AgeField.Parse(text);
        _ = HttpDate.TryParse(text, TestEntries.Noon, out _);
        EntityTag.ListMatches(text, EntityTag.Parse(text));
        int? ranges = RangeSpec.Parse(text)?.Count;
        ContentRange.Parse(text);
        return (controls.Refresh, controls.NoStore, controls.OnlyIfCached, request.NoCache, response.NoStore, response.Private, ranges);
    }

    private static object ReadEntry(byte[] bytes)
    {
        EntryFault fault = EntryCodec.TryDecode(bytes, TestEntries.Key(1), out EntryHeader? header, out ReadOnlyMemory<byte> body);
        if (fault == EntryFault.None)
        {
            // Checksum and hash leave only bytes that mean what was stored.
            Assert.Equal(TestEntries.Id(1), header!.Id);
            Assert.True(body.Span.SequenceEqual(TestEntries.Body(1, 50)));
        }

        return fault;
    }

    private static object ReadEntryHeader(byte[] bytes) => EntryHeaderJson.TryRead(bytes) is { } header
        ? (header.Source, header.Location is null, header.ResponseHeaders.Count, EntryHeaderJson.TryRead(EntryHeaderJson.Write(header))!.Key == header.Key)
        : "refused";

    private static object ReadVectorRecord(byte[] bytes)
    {
        LogRecordState state = LogRecord.Check(bytes, 16, out int length);
        Assert.True(length >= 0 && (state != LogRecordState.Good || length <= bytes.Length));
        return state;
    }

    private static object ReadTokens(byte[] bytes)
    {
        int[] ids = Tokenizer.Encode(Encoding.UTF8.GetString(bytes), 64);
        Assert.InRange(ids.Length, 2, 64);
        Assert.All(ids, id => Assert.InRange(id, 0, Tokenizer.VocabularySize - 1));
        return Math.Min(ids.Length, 16);
    }

    private static object ReadPrompt(byte[] bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        text = text.Length > 4000 ? text[..4000] : text;
        PromptReading reading = PromptReading.Of(text);
        Verdict verdict = new MatcherPolicy(new MatcherOptions()).Judge(reading, PromptReading.Of("two red foxes without trees"), 0.9f);
        Assert.InRange(verdict.Probability, 0, 1);
        return (verdict.Decision, reading.ContentCount);
    }

    private static object ReadMetadataText(byte[] bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        return (InfoText.Read(text, "x") is not null, PromptJson.Read(text, "x", ofPicture: true) is not null, ComfyGraph.Read(text) is not null);
    }

    private static object Refused(Func<object> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            return e.Message.Length;
        }
    }

    private static string Latin(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static IEnumerable<byte[]> Texts(params string[] texts) => texts.Select(Encoding.UTF8.GetBytes);

    private static IEnumerable<byte[]> Lines(params string[] path) => File.ReadLines(Path.Combine([Repository.Root, "tests", "Afterimage.Tests", .. path])).Select(Encoding.UTF8.GetBytes);

    private static byte[] SafetensorsHeaderSeed() =>
        Encoding.UTF8.GetBytes("{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2,64],\"data_offsets\":[0,512]},\"b\":{\"dtype\":\"F16\",\"shape\":[256],\"data_offsets\":[512,1024]}}");

    private static IEnumerable<byte[]> VectorRecords()
    {
        byte[] remove = new byte[LogRecord.ShortLength], seal = new byte[LogRecord.ShortLength];
        LogRecord.WriteRemove(remove, TestEntries.Key(1));
        LogRecord.WriteSeal(seal);
        return [remove, seal, [.. remove, .. seal]];
    }
}
