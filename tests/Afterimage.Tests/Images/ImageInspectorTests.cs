using System.Buffers.Binary;
using System.Diagnostics;
using Afterimage.Images;
using MetadataExtractor;
using MetadataExtractor.Formats.Gif;
using MetadataExtractor.Formats.Jpeg;
using MetadataExtractor.Formats.Png;
using MetadataExtractor.Formats.WebP;
using Xunit;

namespace Afterimage.Tests.Images;

public sealed class ImageInspectorTests
{
    public static TheoryData<string> Fixtures => [.. ImageFixtures.Names];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Pictures_of_independent_tools_are_complete_and_of_their_size(string name)
    {
        ImageReport report = ImageInspector.Inspect(ImageFixtures.Load(name));

        Assert.Equal((24, 16, ImageDefect.None), (report.Width, report.Height, report.Defect));
        Assert.Equal(Path.GetExtension(name).TrimStart('.').Replace("jpg", "jpeg"), report.Format.ToString().ToLowerInvariant());
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void MetadataExtractor_sees_the_same_size(string name)
    {
        Assert.SkipWhen(name.EndsWith("avif", StringComparison.Ordinal), "MetadataExtractor 2.4.3 does not read AVIF");
        using var stream = new MemoryStream(ImageFixtures.Load(name));
        IReadOnlyList<MetadataExtractor.Directory> directories = ImageMetadataReader.ReadMetadata(stream);

        (int Type, int Width, int Height)[] tags =
        [
            (0, PngDirectory.TagImageWidth, PngDirectory.TagImageHeight),
            (1, JpegDirectory.TagImageWidth, JpegDirectory.TagImageHeight),
            (2, WebPDirectory.TagImageWidth, WebPDirectory.TagImageHeight),
            (3, GifHeaderDirectory.TagImageWidth, GifHeaderDirectory.TagImageHeight),
        ];
        MetadataExtractor.Directory? found = directories.FirstOrDefault(d => d is PngDirectory or JpegDirectory or WebPDirectory or GifHeaderDirectory);
        Assert.NotNull(found);
        (_, int width, int height) = tags[found switch { PngDirectory => 0, JpegDirectory => 1, WebPDirectory => 2, _ => 3 }];
        Assert.Equal((24, 16), (found.GetInt32(width), found.GetInt32(height)));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Every_shorter_prefix_is_not_complete(string name)
    {
        byte[] image = ImageFixtures.Load(name);
        int end = End(image);
        for (int length = 0; length < end; length++)
        {
            Assert.False(ImageInspector.Inspect(image.AsSpan(0, length)).IsComplete, $"{length} of {end} bytes");
        }

        static int End(byte[] image) => ImageMetadata.Strip(image).Length < image.Length && image.AsSpan().EndsWith((ReadOnlySpan<byte>)[0]) ? image.Length - 1 : image.Length;
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Bytes_after_the_end_are_tolerated(string name)
    {
        byte[] image = [.. ImageFixtures.Load(name), .. "appended by a tool"u8];

        Assert.True(ImageInspector.Inspect(image).IsComplete);
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Damaged_bytes_never_throw(string name)
    {
        byte[] image = ImageFixtures.Load(name);
        var random = new Random(name.Length);
        for (int round = 0; round < 2000; round++)
        {
            byte[] damaged = [.. image];
            for (int hits = random.Next(1, 6); hits > 0; hits--)
            {
                damaged[random.Next(damaged.Length)] = (byte)(random.Next(3) switch { 0 => 0xFF, 1 => 0, _ => random.Next(256) });
            }

            ImageReport report = ImageInspector.Inspect(damaged);
            ReadOnlyMemory<byte> stripped = ImageMetadata.Strip(damaged);
            _ = ImageMetadata.Read(damaged);
            Assert.True(!report.IsComplete || ImageInspector.Inspect(stripped.Span).IsComplete, $"round {round}");
        }
    }

    [Fact]
    public void Nothing_is_empty_and_text_is_no_image()
    {
        Assert.Equal(ImageDefect.Empty, ImageInspector.Inspect([]).Defect);
        Assert.Equal(ImageDefect.UnknownFormat, ImageInspector.Inspect("<!DOCTYPE html><html></html>"u8).Defect);
        Assert.Equal(ImageDefect.UnknownFormat, ImageInspector.Inspect("{\"error\":\"Too Many Requests\"}"u8).Defect);
    }

    [Fact]
    public void A_flipped_pixel_byte_of_a_png_fails_its_checksum()
    {
        byte[] image = ImageFixtures.Load("plain.png");
        image[60] ^= 1;

        Assert.Equal(ImageDefect.Malformed, ImageInspector.Inspect(image).Defect);
    }

    [Theory]
    [InlineData(0u, 10u)]
    [InlineData(10u, 0u)]
    [InlineData(0xFFFFFFFFu, 10u)]
    [InlineData(2_000_000_000u, 2_000_000_000u)]
    [InlineData(65_535u, 65_535u)]
    public void Absurd_sizes_are_refused(uint width, uint height)
    {
        byte[] image = ImageFixtures.Png(("IHDR", ImageFixtures.PngHeader(width, height)), ("IDAT", ImageFixtures.Zlib([0])), ("IEND", []));

        Assert.Equal(ImageDefect.BadDimensions, ImageInspector.Inspect(image).Defect);
    }

    [Fact]
    public void A_png_chunk_longer_than_the_file_is_a_cut_file()
    {
        byte[] image = ImageFixtures.Load("plain.png");
        BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(33), int.MaxValue);

        Assert.Equal(ImageDefect.Truncated, ImageInspector.Inspect(image).Defect);
    }

    [Fact]
    public void A_png_without_pixels_is_malformed()
    {
        byte[] image = ImageFixtures.Png(("IHDR", ImageFixtures.PngHeader(4, 4)), ("IEND", []));

        Assert.Equal(ImageDefect.Malformed, ImageInspector.Inspect(image).Defect);
    }

    [Fact]
    public void A_jpeg_whose_height_comes_after_the_scan_is_read()
    {
        byte[] image = ImageFixtures.Load("plain.jpg");
        int frame = image.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        BinaryPrimitives.WriteUInt16BigEndian(image.AsSpan(frame + 5), 0);
        byte[] late = [.. image[..^2], 0xFF, 0xDC, 0, 4, 0, 16, 0xFF, 0xD9];

        Assert.Equal(ImageDefect.BadDimensions, ImageInspector.Inspect(image).Defect);
        Assert.Equal((24, 16, ImageDefect.None), Parts(ImageInspector.Inspect(late)));
    }

    [Fact]
    public void A_jpeg_of_headers_alone_is_cut()
    {
        byte[] image = ImageFixtures.Load("plain.jpg");
        int scan = image.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        int length = BinaryPrimitives.ReadUInt16BigEndian(image.AsSpan(scan + 2));
        byte[] headers = [.. image[..(scan + 2 + length)], 0xFF, 0xD9];

        Assert.Equal(ImageDefect.Truncated, ImageInspector.Inspect(headers).Defect);
    }

    [Fact]
    public void An_avif_whose_picture_is_outside_the_file_is_cut()
    {
        byte[] image = ImageFixtures.Load("plain.avif");
        int at = image.AsSpan().IndexOf("mdat"u8);

        Assert.Equal(ImageDefect.Truncated, ImageInspector.Inspect(image.AsSpan(0, at - 4)).Defect);
        Assert.Equal(ImageDefect.Truncated, ImageInspector.Inspect(image.AsSpan(0, image.Length - 1)).Defect);
    }

    [Fact]
    public void Deep_and_wide_hostile_structures_cost_linear_time()
    {
        // An iloc with thousands of items of 65,535 extents that take no bytes: counted naively this is billions of steps.
        var iloc = new List<byte> { 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };
        for (int i = 0; i < 65_535; i++)
        {
            iloc.AddRange([(byte)(i >> 8), (byte)i, 0, 0, 0xFF, 0xFF]);
        }

        byte[] image =
        [
            .. Box("ftyp", [.. "avif"u8, 0, 0, 0, 0, .. "avif"u8]),
            .. Box("meta", [0, 0, 0, 0, .. Box("iloc", [.. iloc])]),
        ];
        var watch = Stopwatch.StartNew();
        Assert.False(ImageInspector.Inspect(image).IsComplete);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10));

        byte[] fills = new byte[4 << 20];
        fills.AsSpan().Fill(0xFF);
        fills[1] = 0xD8;
        Assert.Equal(ImageDefect.Truncated, ImageInspector.Inspect(fills).Defect);
    }

    private static byte[] Box(string type, byte[] body)
    {
        var box = new byte[8 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(box, box.Length);
        System.Text.Encoding.ASCII.GetBytes(type, box.AsSpan(4));
        body.CopyTo(box, 8);
        return box;
    }

    private static (int, int, ImageDefect) Parts(ImageReport report) => (report.Width, report.Height, report.Defect);
}
