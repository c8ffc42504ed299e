using System.Numerics;

namespace Afterimage.Demo;

/// <summary>Buildings.</summary>
internal static class BuildingShapes
{
    private static readonly Vector4 Lit = Colour.Rgb(0xFFDB8A);

    public static void House(Pen pen, DemoRandom random)
    {
        pen.Box(0.22f, 0.70f, 0.32f, 1.0f, Colour.Rgb(0x7A4A40));
        pen.Box(-0.42f, 0, 0.42f, 0.56f, pen.Body);
        pen.Shape(pen.Accent.Darker(0.25f), -0.52f, 0.54f, 0, 0.98f, 0.52f, 0.54f);
        pen.Shape(pen.Accent.Darker(0.05f), -0.52f, 0.54f, 0, 0.98f, 0.06f, 0.98f, 0.52f, 0.60f, 0.52f, 0.54f, 0, 0.91f);
        pen.Box(-0.08f, 0, 0.10f, 0.34f, Colour.Rgb(0x6A4030));
        pen.Oval(0.065f, 0.17f, 0.014f, 0.014f, Lit);
        foreach (float x in (float[])[-0.26f, 0.27f])
        {
            pen.Box(x - 0.09f, 0.22f, x + 0.09f, 0.42f, Colour.White);
            pen.Box(x - 0.075f, 0.235f, x + 0.075f, 0.405f, random.Unit() < 0.7f ? Lit : Colour.Rgb(0x7FA3C0));
            pen.Line(x, 0.23f, x, 0.41f, 0.014f, Colour.White);
            pen.Line(x - 0.08f, 0.32f, x + 0.08f, 0.32f, 0.014f, Colour.White);
        }

        pen.Oval(0, 0.70f, 0.06f, 0.06f, Lit);
    }

    public static void Castle(Pen pen, DemoRandom random)
    {
        (float X, float Width, float Height)[] towers = [(-0.36f, 0.10f, 0.62f), (0.36f, 0.10f, 0.58f), (-0.16f, 0.09f, 0.78f), (0.17f, 0.10f, random.Between(0.72f, 0.84f))];
        foreach ((float x, float width, float height) in towers)
        {
            pen.Box(x - width, 0, x + width, height, pen.Dark);
            pen.Shape(pen.Accent, x - width - 0.03f, height, x + width + 0.03f, height, x, height + 0.22f);
            pen.Line(x, height + 0.20f, x, height + 0.28f, 0.008f, pen.Ink);
            pen.Shape(Colour.Rgb(0xD8343A), x, height + 0.28f, x + 0.08f, height + 0.25f, x, height + 0.22f);
            pen.Curve(Lit, x - 0.025f, height - 0.20f, x, height - 0.08f, x + 0.025f, height - 0.20f);
        }

        pen.Box(-0.44f, 0, 0.44f, 0.36f, pen.Body);
        for (int i = 0; i < 8; i++)
        {
            float x = -0.44f + (0.117f * i);
            pen.Box(x, 0.36f, x + 0.06f, 0.42f, pen.Body);
        }

        pen.Curve(pen.Ink, -0.09f, 0, -0.09f, 0.20f, 0, 0.28f, 0.09f, 0.20f, 0.09f, 0);
    }

    public static void Temple(Pen pen, DemoRandom random)
    {
        pen.Box(-0.46f, 0, 0.46f, 0.05f, Colour.Rgb(0x9A948C));
        for (int floor = 0; floor < 4; floor++)
        {
            float bottom = 0.05f + (0.21f * floor), half = 0.30f - (0.055f * floor);
            pen.Box(-half, bottom, half, bottom + 0.15f, pen.Body);
            pen.Box(-half * 0.28f, bottom, half * 0.28f, bottom + 0.11f, floor == 0 ? pen.Ink : Lit);
            float eave = half + 0.13f;
            pen.Curve(Colour.Rgb(0x39404C), -eave - 0.03f, bottom + 0.19f, -half, bottom + 0.15f, 0, bottom + 0.145f, half, bottom + 0.15f, eave + 0.03f, bottom + 0.19f,
                half * 0.8f, bottom + 0.215f, 0, bottom + 0.225f, -half * 0.8f, bottom + 0.215f);
        }

        pen.Line(0, 0.88f, 0, 1.0f, 0.02f, Colour.Rgb(0xD9A93A), 0.008f);
        _ = random;
    }

    public static void Lighthouse(Pen pen, DemoRandom random)
    {
        pen.Curve(Colour.Rgb(0x6E6A70), -0.34f, -0.05f, -0.26f, 0.07f, 0, 0.09f, 0.28f, 0.06f, 0.36f, -0.05f);
        pen.Shape(pen.Body, -0.13f, 0.05f, 0.13f, 0.05f, 0.075f, 0.76f, -0.075f, 0.76f);
        for (int i = 0; i < 3; i++)
        {
            float bottom = 0.14f + (0.21f * i), top = bottom + 0.10f;
            float wb = Half(bottom), wt = Half(top);
            pen.Shape(pen.Accent, -wb, bottom, wb, bottom, wt, top, -wt, top);
        }

        pen.Box(-0.11f, 0.76f, 0.11f, 0.79f, pen.Ink);
        pen.Box(-0.06f, 0.79f, 0.06f, 0.89f, Lit);
        pen.Shape(pen.Accent, -0.09f, 0.89f, 0.09f, 0.89f, 0, 1.0f);
        pen.Glow(0, 0.84f, 0.32f, Lit);
        float tilt = random.Between(-0.04f, 0.10f);
        pen.Shape(Lit.Fade(0.28f), 0.05f, 0.86f, 0.05f, 0.82f, 1.5f, 0.72f + tilt, 1.5f, 1.04f + tilt);
        pen.Shape(Lit.Fade(0.22f), -0.05f, 0.86f, -0.05f, 0.82f, -1.5f, 0.70f - tilt, -1.5f, 1.02f - tilt);

        static float Half(float y) => 0.13f - ((y - 0.05f) * 0.055f / 0.71f);
    }

    public static void Windmill(Pen pen, DemoRandom random)
    {
        pen.Shape(pen.Body, -0.17f, 0, 0.17f, 0, 0.10f, 0.62f, -0.10f, 0.62f);
        pen.Curve(pen.Accent, -0.12f, 0.60f, -0.08f, 0.72f, 0, 0.76f, 0.08f, 0.72f, 0.12f, 0.60f);
        pen.Box(-0.05f, 0, 0.05f, 0.16f, Colour.Rgb(0x6A4030));
        float turn = random.Between(0, MathF.PI / 2);
        for (int i = 0; i < 4; i++)
        {
            (float s, float c) = MathF.SinCos(turn + (i * MathF.PI / 2));
            pen.Line(0, 0.66f, 0.36f * c, 0.66f + (0.36f * s), 0.016f, pen.Ink);
            pen.Shape(Colour.White.Fade(0.9f), (0.10f * c) - (0.01f * s), 0.66f + (0.10f * s) + (0.01f * c), (0.36f * c) - (0.01f * s), 0.66f + (0.36f * s) + (0.01f * c),
                (0.36f * c) - (0.09f * s), 0.66f + (0.36f * s) + (0.09f * c), (0.10f * c) - (0.09f * s), 0.66f + (0.10f * s) + (0.09f * c));
        }

        pen.Oval(0, 0.66f, 0.03f, 0.03f, pen.Ink);
    }

    public static void Bridge(Pen pen, DemoRandom random)
    {
        foreach (float x in (float[])[-0.8f, 0.8f])
        {
            pen.Box(x - 0.05f, -0.15f, x + 0.05f, 1.0f, pen.Body);
        }

        for (int i = -24; i <= 24; i++)
        {
            float x = i / 15f;
            float sag = MathF.Abs(x) <= 0.8f ? 0.40f + (0.55f * x * x / 0.64f) : 0.95f - (0.75f * (MathF.Abs(x) - 0.8f));
            float next = (i + 1) / 15f;
            float sagNext = MathF.Abs(next) <= 0.8f ? 0.40f + (0.55f * next * next / 0.64f) : 0.95f - (0.75f * (MathF.Abs(next) - 0.8f));
            pen.Line(x, sag, next, sagNext, 0.03f, pen.Dark);
            pen.Line(x, sag, x, 0.22f, 0.012f, pen.Dark);
        }

        pen.Box(-2.4f, 0.16f, 2.4f, 0.24f, pen.Body);
        _ = random;
    }
}
