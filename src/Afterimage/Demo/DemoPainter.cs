using System.Numerics;

namespace Afterimage.Demo;

/// <summary>
/// Draws a picture from a prompt: nouns become shapes and places, colours belong to the noun they precede, numbers repeat it, the rest sets light, season and
/// style; the seed moves everything about. The same arguments give the same bytes.
/// </summary>
internal static class DemoPainter
{
    /// <summary>Longest side that is painted, in pixels.</summary>
    public const int SideMax = 2048;

    /// <summary>A complete PNG with the prompt in a text chunk, as real generators write it.</summary>
    /// <param name="width">1 to <see cref="SideMax"/>.</param>
    /// <param name="height">1 to <see cref="SideMax"/>.</param>
    /// <param name="transparent">Only the subjects, on nothing.</param>
    public static byte[] Paint(string prompt, long seed, int width, int height, bool transparent = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, SideMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, SideMax);
        DemoScene scene = DemoSceneReader.Read(prompt);
        var random = new DemoRandom(DemoRandom.Hash(prompt, (ulong)seed));
        var canvas = new Canvas(width, height);
        DemoPalette palette = DemoPalette.Of(scene, random);
        var backdrop = new DemoBackdrop(canvas, scene, palette, random);
        if (!transparent)
        {
            backdrop.Paint();
        }

        DrawSubjects(canvas, scene, palette, backdrop.HorizonY, random, shadows: !transparent);
        if (!transparent)
        {
            Weather(canvas, scene, random);
        }

        DemoEffects.Apply(canvas, scene.Style, random);
        string parameters = $"{prompt}\nSteps: 1, Sampler: demo, CFG scale: 1, Seed: {seed}, Size: {width}x{height}, Model: demo, Version: afterimage";
        return PngWriter.Write(canvas.Pixels, width, height, transparent, "parameters", parameters);
    }

    private static void DrawSubjects(Canvas canvas, DemoScene scene, DemoPalette palette, float horizon, DemoRandom random, bool shadows)
    {
        var places = new List<(DemoSubject Subject, Vector2 Foot, float Size)>();
        int total = Math.Max(1, scene.Subjects.Sum(s => s.Count));
        int slot = random.Below(total);
        float spread = total == 1 ? 0 : MathF.Min(0.78f, 0.24f * (total - 1));
        foreach (DemoSubject subject in scene.Subjects)
        {
            ShapeTraits traits = DemoShapes.Traits(subject.Shape);
            for (int i = 0; i < subject.Count; i++)
            {
                float across = total == 1 ? random.Between(-0.10f, 0.10f) : (spread * (((slot % total) / (total - 1f)) - 0.5f)) + random.Between(-0.03f, 0.03f);
                slot++;
                places.Add((subject, Foot(canvas, scene, traits, 0.5f + across, horizon, random), Size(canvas, traits, total, random)));
            }
        }

        // What stands lower in the picture is nearer and covers what is behind.
        foreach ((DemoSubject subject, Vector2 foot, float size) in places.OrderBy(p => p.Foot.Y))
        {
            ShapeTraits traits = DemoShapes.Traits(subject.Shape);
            Vector4 body = subject.Colour ?? Vary(Colour.Rgb(traits.Colour), random);
            body = Light(body, scene);
            if (shadows && traits.Home == ShapeHome.Ground && scene.Backdrop is not (Backdrop.Space or Backdrop.Underwater))
            {
                canvas.Ellipse(foot + new Vector2(0, size * 0.01f), size * 0.34f, size * 0.045f, Colour.Black.Fade(0.22f));
            }

            DemoShapes.Draw(subject.Shape, new Pen(canvas, foot, size, random.Unit() < 0.5f, body, Light(palette.Accent, scene)), random);
        }
    }

    private static Vector2 Foot(Canvas canvas, DemoScene scene, ShapeTraits traits, float across, float horizon, DemoRandom random)
    {
        float height = canvas.Height;
        float low = traits.Home switch
        {
            _ when scene.Backdrop is Backdrop.Space => random.Between(0.66f, 0.86f) * height,
            ShapeHome.Sky when scene.Backdrop is Backdrop.Studio or Backdrop.Abstract => 0.76f * height,
            ShapeHome.Sky => horizon * random.Between(0.55f, 0.92f),
            ShapeHome.Water when scene.Backdrop is Backdrop.Sea => horizon + ((height - horizon) * random.Between(0.25f, 0.5f)),
            _ when scene.Backdrop is Backdrop.Underwater => random.Between(0.42f, 0.82f) * height,
            _ when scene.Backdrop is Backdrop.Sea => height * random.Between(0.91f, 0.95f),
            _ when scene.Backdrop is Backdrop.Studio or Backdrop.Abstract => height * random.Between(0.84f, 0.88f),
            _ => height * random.Between(0.84f, 0.93f),
        };
        return new Vector2(canvas.Width * across, low);
    }

    private static float Size(Canvas canvas, ShapeTraits traits, int total, DemoRandom random)
    {
        float unit = MathF.Min(canvas.Height, canvas.Width * 1.15f);
        return unit * traits.Height * random.Between(0.92f, 1.08f) * (1.12f / MathF.Pow(total, 0.42f));
    }

    private static Vector4 Vary(Vector4 colour, DemoRandom random)
    {
        float shift = random.Between(-0.12f, 0.14f);
        return shift > 0 ? colour.Lighter(shift) : colour.Darker(-shift);
    }

    private static Vector4 Light(Vector4 colour, DemoScene scene) => scene.Backdrop is Backdrop.Space or Backdrop.Studio ? colour : scene.Time switch
    {
        DayTime.Night => Colour.Mix(colour, Colour.Rgb(0x1A2250), 0.32f),
        DayTime.Sunset => Colour.Mix(colour, Colour.Rgb(0xF08A4C), 0.16f),
        DayTime.Dawn => Colour.Mix(colour, Colour.Rgb(0xF7D8C8), 0.14f),
        _ => colour,
    };

    private static void Weather(Canvas canvas, DemoScene scene, DemoRandom random)
    {
        if (scene.Backdrop is Backdrop.Studio or Backdrop.Space or Backdrop.Underwater or Backdrop.Abstract)
        {
            return;
        }

        float unit = MathF.Min(canvas.Width, canvas.Height);
        int count = scene.Season switch { Season.Winter => 190, Season.Rain => 240, Season.Autumn => 46, Season.Spring => 52, _ => 0 };
        for (int i = 0; i < count; i++)
        {
            var at = new Vector2(random.Unit() * canvas.Width, random.Unit() * canvas.Height);
            float near = random.Unit();
            switch (scene.Season)
            {
                case Season.Winter:
                    float flake = unit * (0.0016f + (0.005f * near * near));
                    canvas.Ellipse(at, flake, flake, Colour.White.Fade(0.85f));
                    break;
                case Season.Rain:
                    canvas.Line(at, at + (unit * (0.02f + (0.03f * near)) * new Vector2(-0.25f, 1)), unit * 0.0018f, Colour.Rgb(0xD8E4EE).Fade(0.4f));
                    break;
                default:
                    Vector4 leaf = scene.Season == Season.Autumn ? Colour.Hsl(random.Between(0.02f, 0.13f), 0.75f, 0.5f) : Colour.Hsl(0.95f, 0.6f, 0.84f);
                    canvas.Ellipse(at, unit * (0.005f + (0.006f * near)), unit * 0.004f, leaf, random.Between(0, 3));
                    break;
            }
        }
    }
}
