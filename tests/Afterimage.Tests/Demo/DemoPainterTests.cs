using Afterimage.Demo;
using Afterimage.Images;
using Xunit;

namespace Afterimage.Tests.Demo;

public sealed class DemoPainterTests
{
    [Theory]
    [InlineData("a red fox in the snow", 64, 48)]
    [InlineData("", 33, 1)]
    [InlineData("灯台 🌊 at night", 1, 33)]
    [InlineData("quantum resonance", 200, 100)]
    public void A_picture_is_a_complete_png_of_the_size_asked(string prompt, int width, int height)
    {
        ImageReport report = ImageInspector.Inspect(DemoPainter.Paint(prompt, 1, width, height));

        Assert.Equal(new ImageReport(ImageFormat.Png, width, height, ImageDefect.None), report);
    }

    [Fact]
    public void The_same_words_and_seed_give_the_same_bytes() =>
        Assert.Equal(DemoPainter.Paint("two blue cats", 7, 96, 96), DemoPainter.Paint("two blue cats", 7, 96, 96));

    [Fact]
    public void Another_seed_or_another_word_gives_another_picture()
    {
        byte[] first = Pixels("two blue cats", 7);

        Assert.NotEqual(first, Pixels("two blue cats", 8));
        Assert.NotEqual(first, Pixels("two red cats", 7));
        Assert.NotEqual(first, Pixels("two blue dogs", 7));
        Assert.NotEqual(Pixels("flurb", 7), Pixels("glorp", 7));

        static byte[] Pixels(string prompt, long seed) => ImageMetadata.Strip(DemoPainter.Paint(prompt, seed, 96, 96)).ToArray();
    }

    [Theory]
    [InlineData("a lighthouse at dusk")]
    [InlineData("灯台の夕暮れ")]
    public void The_prompt_is_in_the_metadata_until_it_is_stripped(string prompt)
    {
        byte[] image = DemoPainter.Paint(prompt, 5, 32, 32);

        Assert.StartsWith(prompt + "\nSteps:", ImageMetadata.Read(image).Find(MetadataSource.PngText, "parameters"), StringComparison.Ordinal);
        Assert.Empty(ImageMetadata.Read(ImageMetadata.Strip(image).Span).Texts);
    }

    [Fact]
    public void Every_shape_and_style_can_be_drawn()
    {
        foreach (string shape in DemoShapes.Names)
        {
            Assert.True(ImageInspector.Inspect(DemoPainter.Paint($"nine {shape}", 3, 48, 48, transparent: true)).IsComplete, shape);
        }

        foreach (string style in (string[])["watercolor", "pixel art", "neon", "noir", "sketch", "oil painting", "vintage"])
        {
            foreach (string place in (string[])["sea", "mountains", "city", "forest", "desert", "space", "room", "underwater", "field", "abstract"])
            {
                Assert.True(ImageInspector.Inspect(DemoPainter.Paint($"{style} {place} winter night", 3, 24, 40)).IsComplete, style + place);
            }
        }
    }

    [Fact]
    public void Numbers_and_colours_belong_to_the_noun_that_follows()
    {
        DemoScene scene = DemoSceneReader.Read("three white cats and a red car at night in the city, watercolor");

        Assert.Equal([("cat", 3), ("car", 1)], scene.Subjects.Select(s => (s.Shape, s.Count)));
        Assert.Equal([Colour.Rgb(0xF4F2EE), Colour.Rgb(0xD8343A)], scene.Subjects.Select(s => s.Colour!.Value));
        Assert.Equal((Backdrop.City, DayTime.Night, RenderStyle.Watercolor), (scene.Backdrop, scene.Time, scene.Style));
    }
}
