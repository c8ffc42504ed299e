using System.Numerics;

namespace Afterimage.Demo;

/// <summary>Things.</summary>
internal static class ObjectShapes
{
    public static void Planet(Pen pen, DemoRandom random)
    {
        float tilt = random.Between(0.15f, 0.4f);
        pen.Glow(0, 0.5f, 0.75f, pen.Body.Fade(0.35f));
        Ring(pen, tilt, behind: true);
        pen.Oval(0, 0.5f, 0.36f, 0.36f, pen.Body);
        for (int i = 0; i < 4; i++)
        {
            float y = 0.28f + (0.13f * i) + random.Between(-0.03f, 0.03f);
            float half = MathF.Sqrt(MathF.Max(0, 0.1296f - ((y - 0.5f) * (y - 0.5f)))) * 0.94f;
            pen.Curve(i % 2 == 0 ? pen.Light.Fade(0.55f) : pen.Dark.Fade(0.45f), -half, y, 0, y + 0.035f, half, y, 0, y - 0.03f);
        }

        Ring(pen, tilt, behind: false);
    }

    public static void Star(Pen pen, DemoRandom random)
    {
        pen.Glow(0, 0.5f, 0.8f, pen.Body.Fade(0.5f));
        Span<float> points = stackalloc float[20];
        float turn = random.Between(-0.15f, 0.15f);
        for (int i = 0; i < 10; i++)
        {
            float radius = i % 2 == 0 ? 0.5f : 0.22f, angle = (MathF.PI / 2) + turn + (i * MathF.PI / 5);
            points[2 * i] = radius * MathF.Cos(angle);
            points[(2 * i) + 1] = 0.5f + (radius * MathF.Sin(angle));
        }

        pen.Shape(pen.Body, points);
        for (int i = 0; i < 10; i += 2)
        {
            int n = (i + 1) % 10;
            pen.Shape(pen.Light.Fade(0.5f), 0, 0.5f, points[2 * i], points[(2 * i) + 1], points[2 * n], points[(2 * n) + 1]);
        }
    }

    public static void Heart(Pen pen, DemoRandom random)
    {
        pen.Curve(pen.Body, 0, 0.02f, -0.34f, 0.36f, -0.48f, 0.66f, -0.36f, 0.90f, -0.14f, 0.92f, 0, 0.76f, 0.14f, 0.92f, 0.36f, 0.90f, 0.48f, 0.66f, 0.34f, 0.36f);
        pen.Oval(-0.24f, 0.72f, 0.07f, 0.12f, pen.Light.Fade(0.65f), 0.6f);
        _ = random;
    }

    public static void Cup(Pen pen, DemoRandom random)
    {
        pen.Oval(0, 0.03f, 0.52f, 0.07f, pen.Dark);
        pen.Oval(0, 0.05f, 0.48f, 0.06f, pen.Light);
        for (int i = 0; i < 14; i++)
        {
            (float s0, float c0) = MathF.SinCos(-1.5f + (i * 3f / 14));
            (float s1, float c1) = MathF.SinCos(-1.5f + ((i + 1) * 3f / 14));
            pen.Line(0.30f + (0.17f * c0), 0.38f + (0.15f * s0), 0.30f + (0.17f * c1), 0.38f + (0.15f * s1), 0.06f, pen.Dark);
        }

        pen.Curve(pen.Body, -0.36f, 0.62f, -0.34f, 0.30f, -0.20f, 0.08f, 0.20f, 0.08f, 0.34f, 0.30f, 0.36f, 0.62f);
        pen.Oval(0, 0.62f, 0.36f, 0.075f, pen.Light);
        pen.Oval(0, 0.61f, 0.31f, 0.055f, Colour.Rgb(0x5A3320));
        for (int i = -1; i <= 1; i++)
        {
            float x = 0.14f * i, bend = random.Between(0.03f, 0.07f);
            pen.Line(x, 0.70f, x + bend, 0.80f, 0.025f, Colour.White.Fade(0.45f));
            pen.Line(x + bend, 0.80f, x - bend, 0.92f, 0.025f, Colour.White.Fade(0.35f), 0.015f);
        }
    }

    public static void Book(Pen pen, DemoRandom random)
    {
        float bottom = 0;
        for (int i = 0; i < 3; i++)
        {
            float shift = random.Between(-0.10f, 0.10f);
            Vector4 cover = i == 0 ? pen.Body : i == 1 ? pen.Accent : pen.Dark;
            pen.Box(-0.80f + shift, bottom, 0.80f + shift, bottom + 0.28f, cover);
            pen.Box(-0.74f + shift, bottom + 0.04f, 0.82f + shift, bottom + 0.24f, Colour.Rgb(0xF2EAD8));
            pen.Box(-0.80f + shift, bottom, -0.70f + shift, bottom + 0.28f, cover.Darker(0.2f));
            bottom += 0.29f;
        }
    }

    public static void Bottle(Pen pen, DemoRandom random)
    {
        pen.Curve(pen.Body.Fade(0.92f), -0.16f, 0.02f, -0.18f, 0.46f, -0.08f, 0.66f, -0.06f, 0.94f, 0.06f, 0.94f, 0.08f, 0.66f, 0.18f, 0.46f, 0.16f, 0.02f);
        pen.Box(-0.17f, 0.16f, 0.17f, 0.42f, Colour.Rgb(0xF2EAD8));
        pen.Oval(0, 0.29f, 0.07f, 0.07f, pen.Accent);
        pen.Box(-0.06f, 0.92f, 0.06f, 1.0f, pen.Ink);
        pen.Line(-0.11f, 0.08f, -0.11f, 0.50f, 0.022f, Colour.White.Fade(0.45f));
        _ = random;
    }

    public static void Lamp(Pen pen, DemoRandom random)
    {
        pen.Glow(0, 0.55f, 0.75f, Colour.Rgb(0xFFC96A).Fade(0.85f));
        pen.Box(-0.16f, 0.14f, 0.16f, 0.20f, pen.Ink);
        pen.Box(-0.12f, 0.20f, 0.12f, 0.76f, Colour.Rgb(0xFFE9B0));
        pen.Curve(Colour.Rgb(0xF2902C), -0.05f, 0.30f, 0, 0.62f, 0.05f, 0.30f);
        foreach (float x in (float[])[-0.12f, 0, 0.12f])
        {
            pen.Line(x, 0.18f, x, 0.78f, 0.018f, pen.Body);
        }

        pen.Shape(pen.Body, -0.20f, 0.76f, 0.20f, 0.76f, 0.06f, 0.92f, -0.06f, 0.92f);
        pen.Line(0, 0.92f, 0, 1.0f, 0.03f, pen.Dark);
        pen.Shape(pen.Body, -0.20f, 0.14f, 0.20f, 0.14f, 0.26f, 0, -0.26f, 0);
        _ = random;
    }

    public static void Sword(Pen pen, DemoRandom random)
    {
        pen.Shape(pen.Light, -0.045f, 0.02f, 0, -0.06f, 0, 0.74f, -0.045f, 0.74f);
        pen.Shape(pen.Dark, 0, -0.06f, 0.045f, 0.02f, 0.045f, 0.74f, 0, 0.74f);
        pen.Curve(Colour.Rgb(0xD9A93A), -0.20f, 0.78f, 0, 0.72f, 0.20f, 0.78f, 0, 0.80f);
        pen.Line(0, 0.78f, 0, 0.94f, 0.05f, Colour.Rgb(0x5A3320));
        pen.Oval(0, 0.97f, 0.04f, 0.04f, pen.Accent);
        _ = random;
    }

    public static void Guitar(Pen pen, DemoRandom random)
    {
        pen.Curve(pen.Body, 0, 0, -0.22f, 0.06f, -0.24f, 0.26f, -0.14f, 0.38f, -0.18f, 0.52f, 0, 0.58f, 0.18f, 0.52f, 0.14f, 0.38f, 0.24f, 0.26f, 0.22f, 0.06f);
        pen.Oval(0, 0.36f, 0.075f, 0.075f, pen.Ink);
        pen.Box(-0.035f, 0.36f, 0.035f, 0.92f, Colour.Rgb(0x4A2E20));
        pen.Shape(Colour.Rgb(0x4A2E20), -0.05f, 0.90f, 0.05f, 0.90f, 0.065f, 1.04f, -0.065f, 1.04f);
        for (int i = -1; i <= 1; i++)
        {
            pen.Line(i * 0.018f, 0.16f, i * 0.018f, 0.96f, 0.005f, Colour.Rgb(0xE8E0D0));
        }

        pen.Box(-0.07f, 0.14f, 0.07f, 0.17f, pen.Ink);
        _ = random;
    }

    public static void Cake(Pen pen, DemoRandom random)
    {
        pen.Oval(0, 0.04f, 0.56f, 0.06f, Colour.Rgb(0xD8DCE2));
        pen.Box(-0.42f, 0.06f, 0.42f, 0.36f, pen.Body);
        pen.Box(-0.28f, 0.36f, 0.28f, 0.60f, pen.Light);
        for (int i = 0; i < 9; i++)
        {
            float x = -0.38f + (0.095f * i);
            pen.Oval(x, 0.34f, 0.05f, random.Between(0.05f, 0.09f), pen.Accent);
        }

        for (int i = -2; i <= 2; i++)
        {
            pen.Line(0.10f * i, 0.60f, 0.10f * i, 0.80f, 0.025f, i % 2 == 0 ? pen.Accent : Colour.White);
            pen.Glow(0.10f * i, 0.86f, 0.10f, Colour.Rgb(0xFFB03C));
            pen.Curve(Colour.Rgb(0xFFE45C), (0.10f * i) - 0.015f, 0.82f, 0.10f * i, 0.92f, (0.10f * i) + 0.015f, 0.82f);
        }
    }

    public static void Umbrella(Pen pen, DemoRandom random)
    {
        pen.Line(0, 0.10f, 0, 0.96f, 0.025f, pen.Ink);
        pen.Line(0, 0.10f, -0.08f, 0.04f, 0.025f, pen.Ink);
        pen.Curve(pen.Body, -0.50f, 0.56f, -0.40f, 0.82f, 0, 0.97f, 0.40f, 0.82f, 0.50f, 0.56f, 0.34f, 0.62f, 0.17f, 0.56f, 0, 0.62f, -0.17f, 0.56f, -0.34f, 0.62f);
        pen.Curve(pen.Dark, -0.17f, 0.56f, -0.12f, 0.84f, 0, 0.97f, 0.12f, 0.84f, 0.17f, 0.56f, 0, 0.62f);
        _ = random;
    }

    private static void Ring(Pen pen, float tilt, bool behind)
    {
        const int Steps = 40;
        for (int i = 0; i < Steps; i++)
        {
            float a = MathF.PI * i / Steps, b = MathF.PI * (i + 1) / Steps;
            (a, b) = behind ? (a, b) : (a + MathF.PI, b + MathF.PI);
            (float x0, float y0) = Turn(0.66f * MathF.Cos(a), 0.15f * MathF.Sin(a), tilt);
            (float x1, float y1) = Turn(0.66f * MathF.Cos(b), 0.15f * MathF.Sin(b), tilt);
            pen.Line(x0, 0.5f + y0, x1, 0.5f + y1, 0.055f, pen.Accent.Fade(0.85f));
        }

        static (float X, float Y) Turn(float x, float y, float angle)
        {
            (float s, float c) = MathF.SinCos(angle);
            return ((x * c) - (y * s), (x * s) + (y * c));
        }
    }
}
