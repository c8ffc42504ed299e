using System.Buffers.Binary;
using System.Text;
using Afterimage.Images;
using MetadataExtractor;
using MetadataExtractor.Formats.Exif;
using Xunit;

namespace Afterimage.Tests.Images;

public sealed class ImageMetadataTests
{
    private const string Prompt = "a lighthouse at dusk, (oil painting:1.2)";

    public static TheoryData<string> Fixtures => [.. ImageFixtures.Names];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Nothing_of_the_texts_survives_stripping(string name)
    {
        ReadOnlyMemory<byte> stripped = ImageMetadata.Strip(ImageFixtures.Load(name));

        Assert.Equal(ImageDefect.None, ImageInspector.Inspect(stripped.Span).Defect);
        Assert.DoesNotContain(ImageMetadata.Read(stripped.Span).Texts, t => t.Source != MetadataSource.Xmp || t.Text != "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>");
        foreach (string secret in (string[])["secret", "lighthouse", "fox", "Steps", "灯台", "drawn by hand"])
        {
            Assert.Equal(-1, stripped.Span.IndexOf(Encoding.UTF8.GetBytes(secret)));
            Assert.Equal(-1, stripped.Span.IndexOf(Encoding.Unicode.GetBytes(secret)));
            Assert.Equal(-1, stripped.Span.IndexOf(Encoding.BigEndianUnicode.GetBytes(secret)));
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Stripping_twice_changes_nothing_and_copies_nothing(string name)
    {
        ReadOnlyMemory<byte> once = ImageMetadata.Strip(ImageFixtures.Load(name));
        ReadOnlyMemory<byte> twice = ImageMetadata.Strip(once);

        Assert.True(once.Equals(twice));
    }

    [Theory]
    [InlineData("a1111.png", "plain.png")]
    [InlineData("texts.png", "plain.png")]
    [InlineData("comment.jpg", "plain.jpg")]
    [InlineData("pollinations.jpg", "plain.jpg")]
    public void What_remains_is_the_picture_without_texts_byte_for_byte(string with, string without) =>
        Assert.Equal(ImageFixtures.Load(without), ImageMetadata.Strip(ImageFixtures.Load(with)).ToArray());

    [Theory]
    [InlineData("exif-II.jpg")]
    [InlineData("exif-MM.jpg")]
    [InlineData("exif.png")]
    [InlineData("exif.webp")]
    public void An_orientation_that_matters_is_kept_and_nothing_else(string name)
    {
        byte[] stripped = ImageMetadata.Strip(ImageFixtures.Load(name)).ToArray();
        using var stream = new MemoryStream(stripped);
        ExifDirectoryBase exif = ImageMetadataReader.ReadMetadata(stream).OfType<ExifDirectoryBase>().Single();

        Assert.Equal(6, exif.GetInt32(ExifDirectoryBase.TagOrientation));
        Assert.Equal(1, exif.TagCount);
    }

    [Fact]
    public void An_orientation_of_one_is_not_kept()
    {
        byte[] block = ExifBlock.WithOrientation(1);
        byte[] image = ImageFixtures.SmallPng(4, 4, ("eXIf", block));

        Assert.Equal(ImageFixtures.SmallPng(), ImageMetadata.Strip(image).ToArray());
    }

    [Fact]
    public void A_picture_without_texts_comes_back_itself()
    {
        ReadOnlyMemory<byte> image = ImageFixtures.Load("plain.jpg");

        Assert.True(image.Equals(ImageMetadata.Strip(image)));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Appended_bytes_are_cut_off(string name)
    {
        byte[] image = ImageFixtures.Load(name);
        byte[] appended = [.. image, .. "secret prompt"u8];

        Assert.Equal(ImageMetadata.Strip(image).ToArray(), ImageMetadata.Strip(appended).ToArray());
    }

    [Fact]
    public void The_colour_profile_and_transparency_stay()
    {
        byte[] image = ImageFixtures.SmallPng(4, 4, ("iCCP", [.. "p\0\0"u8, .. ImageFixtures.Zlib(new byte[128])]), ("tRNS", new byte[6]), ("tIME", new byte[7]));
        byte[] stripped = ImageMetadata.Strip(image).ToArray();

        Assert.Equal(image.Length - 12 - 7, stripped.Length);
        Assert.NotEqual(-1, stripped.AsSpan().IndexOf("iCCP"u8));
        Assert.NotEqual(-1, stripped.AsSpan().IndexOf("tRNS"u8));
    }

    [Fact]
    public void A_jpeg_profile_stays_and_provenance_goes()
    {
        byte[] plain = ImageFixtures.Load("plain.jpg");
        byte[] profile = [0xFF, 0xE2, 0, 2 + 14, .. "ICC_PROFILE\0"u8, 1, 1];
        byte[] provenance = [0xFF, 0xEB, 0, 2 + 8, .. "JP\0\u0001jumb"u8];
        byte[] image = [.. plain[..2], .. profile, .. provenance, .. plain[2..]];

        Assert.Equal([.. plain[..2], .. profile, .. plain[2..]], ImageMetadata.Strip(image).ToArray());
    }

    [Fact]
    public void Avif_texts_are_blanked_where_they_stand()
    {
        byte[] image = ImageFixtures.Load("meta.avif");
        byte[] stripped = ImageMetadata.Strip(image).ToArray();

        Assert.Equal(image.Length, stripped.Length);
        int mdat = image.AsSpan().IndexOf("mdat"u8);
        Assert.Equal(image[..mdat], stripped[..mdat]);
    }

    [Fact]
    public void Automatic1111_parameters_are_read()
    {
        MetadataReading reading = ImageMetadata.Read(ImageFixtures.Load("a1111.png"));

        Assert.StartsWith(Prompt + "\nNegative prompt: blurry, text\nSteps: 20", reading.Find(MetadataSource.PngText, "parameters"), StringComparison.Ordinal);
        Assert.False(reading.Incomplete);
    }

    [Fact]
    public void Every_kind_of_png_text_is_read()
    {
        MetadataReading reading = ImageMetadata.Read(ImageFixtures.Load("texts.png"));

        Assert.Equal("größe 灯台", reading.Find(MetadataSource.PngText, "Comment"));
        Assert.Equal("灯台の夕暮れ", reading.Find(MetadataSource.PngText, "Description"));
        Assert.Equal("plain ü", reading.Find(MetadataSource.PngText, "Title"));
        Assert.Equal("PIL", reading.Find(MetadataSource.PngText, "Software"));
    }

    [Theory]
    [InlineData("exif-II.jpg")]
    [InlineData("exif-MM.jpg")]
    public void Exif_of_both_byte_orders_is_read(string name)
    {
        MetadataReading reading = ImageMetadata.Read(ImageFixtures.Load(name));

        Assert.Equal("flux", reading.Find(MetadataSource.Exif, "Make"));
        Assert.Equal("a red fox", reading.Find(MetadataSource.Exif, "ImageDescription"));
        Assert.Equal("a lighthouse 灯台, Steps: 20", reading.Find(MetadataSource.Exif, "UserComment"));
        Assert.Equal("secret prompt", reading.Find(MetadataSource.Comment, ""));
        Assert.Contains("secret prompt", reading.Texts.Single(t => t.Source == MetadataSource.Xmp).Text);
    }

    [Theory]
    [InlineData("exif.png")]
    [InlineData("exif.webp")]
    [InlineData("meta.avif")]
    public void Exif_is_read_from_every_container(string name)
    {
        MetadataReading reading = ImageMetadata.Read(ImageFixtures.Load(name));

        Assert.StartsWith("a lighthouse 灯台", reading.Find(MetadataSource.Exif, "UserComment"));
        Assert.Contains("secret prompt", reading.Texts.Single(t => t.Source == MetadataSource.Xmp).Text);
    }

    [Fact]
    public void A_comment_in_the_wrong_directory_without_prefix_is_read()
    {
        string? comment = ImageMetadata.Read(ImageFixtures.Load("pollinations.jpg")).Find(MetadataSource.Exif, "UserComment");

        Assert.StartsWith("{\"prompt\": \"a red fox in snow\"", comment, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_byte_order_of_a_comment_is_found_whatever_the_block_says(bool blockLittleEndian)
    {
        byte[] big = [.. "UNICODE\0"u8, .. Encoding.BigEndianUnicode.GetBytes(Prompt)];
        byte[] little = [.. "UNICODE\0"u8, .. Encoding.Unicode.GetBytes(Prompt)];

        Assert.Equal(Prompt, TextBytes.UserComment(big, blockLittleEndian));
        Assert.Equal(Prompt, TextBytes.UserComment(little, blockLittleEndian));
        Assert.Equal(Prompt, TextBytes.UserComment([.. "UNICODE\0"u8, .. Encoding.UTF8.GetBytes(Prompt)], blockLittleEndian));
        Assert.Equal(Prompt, TextBytes.UserComment([.. "ASCII\0\0\0"u8, .. Encoding.UTF8.GetBytes(Prompt), 0, 0], blockLittleEndian));
    }

    [Fact]
    public void A_zip_bomb_in_a_text_chunk_is_refused()
    {
        byte[] bomb = [.. "bomb\0\0"u8, .. ImageFixtures.Zlib(new byte[64 << 20])];
        byte[] image = ImageFixtures.SmallPng(4, 4, [.. Enumerable.Repeat(("zTXt", bomb), 20), ImageFixtures.Text("parameters", Prompt)]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        MetadataReading reading = ImageMetadata.Read(image);

        Assert.True(reading.Incomplete);
        Assert.Empty(reading.Texts);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 << 20);
    }

    [Fact]
    public void Absurd_offsets_and_counts_in_exif_lead_nowhere()
    {
        byte[] tiff = new byte[8 + 2 + (12 * 3) + 4];
        "II*\0"u8.CopyTo(tiff);
        BinaryPrimitives.WriteUInt32LittleEndian(tiff.AsSpan(4), 8);
        BinaryPrimitives.WriteUInt16LittleEndian(tiff.AsSpan(8), 0xFFFF);
        Entry(0, 0x010E, 2, 0xFFFFFFFF, 0xFFFFFFF0);
        Entry(1, 0x9286, 7, 100, 0x7FFFFFFF);
        Entry(2, 0x8769, 4, 1, 8);
        byte[] image = ImageFixtures.SmallPng(4, 4, ("eXIf", tiff));

        MetadataReading reading = ImageMetadata.Read(image);
        Assert.Empty(reading.Texts);
        Assert.True(reading.Incomplete);

        void Entry(int index, ushort tag, ushort type, uint count, uint offset)
        {
            Span<byte> entry = tiff.AsSpan(10 + (12 * index));
            BinaryPrimitives.WriteUInt16LittleEndian(entry, tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], type);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], count);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], offset);
        }
    }

    [Fact]
    public void Fifty_megabytes_of_one_repeated_field_cost_little()
    {
        // 65,535 entries of the same tag that all show the same megabyte.
        const int Entries = 65_535;
        var tiff = new byte[8 + 2 + (12 * Entries) + (1 << 20)];
        "II*\0"u8.CopyTo(tiff);
        tiff[4] = 8;
        BinaryPrimitives.WriteUInt16LittleEndian(tiff.AsSpan(8), Entries);
        for (int i = 0; i < Entries; i++)
        {
            Span<byte> entry = tiff.AsSpan(10 + (12 * i));
            BinaryPrimitives.WriteUInt16LittleEndian(entry, 0x010E);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], 2);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], 1 << 20);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], 10 + (12 * Entries));
        }

        tiff.AsSpan(10 + (12 * Entries)).Fill((byte)'x');
        Assert.Single(ImageMetadata.Read(ImageFixtures.SmallPng(4, 4, ("eXIf", tiff))).Texts);
    }

    [Fact]
    public void A_feature_chunk_that_is_not_the_first_or_too_short_is_none()
    {
        byte[] picture = ImageFixtures.Load("lossy.webp");
        byte[] withTail = [.. picture, .. "VP8X"u8, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(withTail.AsSpan(4), withTail.Length - 8);

        Assert.Equal(withTail, ImageMetadata.Strip(withTail).ToArray());
    }
}
