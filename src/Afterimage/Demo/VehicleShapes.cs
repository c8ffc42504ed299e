using System.Numerics;

namespace Afterimage.Demo;

/// <summary>What drives, floats and flies.</summary>
internal static class VehicleShapes
{
    private static readonly Vector4 Glass = Colour.Rgb(0xA8D0E6);

    public static void Car(Pen pen, DemoRandom random)
    {
        pen.Oval(0, 0.02f, 1.05f, 0.06f, Colour.Black.Fade(0.25f));
        pen.Curve(pen.Body, -0.98f, 0.18f, -0.98f, 0.50f, -0.60f, 0.58f, -0.36f, 0.92f, 0.22f, 0.94f, 0.54f, 0.60f, 0.94f, 0.50f, 1.02f, 0.20f, 0.60f, 0.12f, -0.60f, 0.12f);
        pen.Shape(Glass, -0.44f, 0.58f, -0.28f, 0.84f, -0.02f, 0.86f, -0.02f, 0.58f);
        pen.Shape(Glass.Lighter(0.2f), 0.06f, 0.58f, 0.06f, 0.86f, 0.20f, 0.84f, 0.42f, 0.58f);
        pen.Line(0.02f, 0.56f, 0.02f, 0.20f, 0.015f, pen.Dark);
        pen.Oval(0.94f, 0.40f, 0.05f, 0.06f, Colour.Rgb(0xFFE9A8));
        pen.Oval(-0.95f, 0.42f, 0.035f, 0.06f, Colour.Rgb(0xE03030));
        Wheel(pen, -0.56f, 0.17f, 0.19f);
        Wheel(pen, 0.58f, 0.17f, 0.19f);
        _ = random;
    }

    public static void Bus(Pen pen, DemoRandom random)
    {
        pen.Oval(0, 0.02f, 1.15f, 0.05f, Colour.Black.Fade(0.25f));
        pen.Curve(pen.Body, -1.08f, 0.14f, -1.08f, 0.94f, -0.96f, 1.0f, 0.96f, 1.0f, 1.10f, 0.90f, 1.12f, 0.14f);
        pen.Box(-1.06f, 0.34f, 1.10f, 0.40f, pen.Accent);
        for (int i = 0; i < 6; i++)
        {
            float x = -0.96f + (0.33f * i);
            pen.Box(x, 0.52f, x + 0.25f, 0.84f, Glass);
        }

        Wheel(pen, -0.62f, 0.13f, 0.15f);
        Wheel(pen, 0.66f, 0.13f, 0.15f);
        pen.Oval(1.06f, 0.26f, 0.045f, 0.05f, Colour.Rgb(0xFFE9A8));
        _ = random;
    }

    public static void Bicycle(Pen pen, DemoRandom random)
    {
        foreach (float x in (float[])[-0.46f, 0.46f])
        {
            for (int i = 0; i < 24; i++)
            {
                (float s0, float c0) = MathF.SinCos(i * MathF.Tau / 24);
                (float s1, float c1) = MathF.SinCos((i + 1) * MathF.Tau / 24);
                pen.Line(x + (0.30f * c0), 0.31f + (0.30f * s0), x + (0.30f * c1), 0.31f + (0.30f * s1), 0.035f, pen.Ink);
                if (i % 3 == 0)
                {
                    pen.Line(x, 0.31f, x + (0.29f * c0), 0.31f + (0.29f * s0), 0.007f, Colour.Rgb(0x9098A0));
                }
            }
        }

        pen.Line(-0.46f, 0.31f, -0.06f, 0.31f, 0.035f, pen.Body);
        pen.Line(-0.46f, 0.31f, -0.20f, 0.74f, 0.035f, pen.Body);
        pen.Line(-0.24f, 0.84f, -0.06f, 0.31f, 0.040f, pen.Body);
        pen.Line(-0.06f, 0.31f, 0.30f, 0.72f, 0.040f, pen.Body);
        pen.Line(-0.20f, 0.72f, 0.30f, 0.72f, 0.040f, pen.Body);
        pen.Line(0.46f, 0.31f, 0.27f, 0.92f, 0.035f, pen.Dark);
        pen.Line(0.27f, 0.92f, 0.42f, 0.98f, 0.035f, pen.Ink);
        pen.Line(-0.36f, 0.86f, -0.14f, 0.86f, 0.055f, pen.Ink);
        _ = random;
    }

    public static void Boat(Pen pen, DemoRandom random)
    {
        float wind = random.Between(0.02f, 0.10f);
        pen.Line(0, 0.12f, 0, 1.0f, 0.025f, Colour.Rgb(0x6B4A32));
        pen.Curve(Colour.Rgb(0xF6F1E6), 0.03f, 0.26f, 0.03f, 0.96f, 0.26f + wind, 0.60f, 0.42f, 0.26f);
        pen.Curve(pen.Accent.Lighter(0.15f), -0.03f, 0.28f, -0.03f, 0.84f, -0.20f, 0.54f, -0.32f, 0.28f);
        pen.Shape(Colour.Rgb(0xD8343A), 0, 1.0f, -0.12f, 0.965f, 0, 0.93f);
        pen.Curve(pen.Body, -0.50f, 0.20f, 0, 0.16f, 0.54f, 0.22f, 0.38f, -0.02f, 0, -0.05f, -0.38f, -0.02f);
        pen.Line(-0.46f, 0.16f, 0.48f, 0.17f, 0.03f, pen.Light);
        pen.Line(-0.50f, -0.05f, 0.52f, -0.05f, 0.025f, Colour.White.Fade(0.6f));
    }

    public static void Balloon(Pen pen, DemoRandom random)
    {
        pen.Curve(pen.Body, 0, 0.22f, -0.20f, 0.40f, -0.34f, 0.68f, -0.22f, 0.93f, 0, 1.0f, 0.22f, 0.93f, 0.34f, 0.68f, 0.20f, 0.40f);
        pen.Curve(pen.Accent, 0, 0.22f, -0.11f, 0.42f, -0.18f, 0.68f, -0.12f, 0.92f, 0, 1.0f, -0.03f, 0.68f);
        pen.Curve(pen.Accent, 0, 0.22f, 0.11f, 0.42f, 0.18f, 0.68f, 0.12f, 0.92f, 0, 1.0f, 0.03f, 0.68f);
        pen.Oval(-0.18f, 0.78f, 0.05f, 0.10f, pen.Light.Fade(0.5f), -0.4f);
        pen.Line(-0.06f, 0.26f, -0.055f, 0.11f, 0.008f, pen.Ink);
        pen.Line(0.06f, 0.26f, 0.055f, 0.11f, 0.008f, pen.Ink);
        pen.Shape(Colour.Rgb(0x8A5A34), -0.07f, 0.12f, 0.07f, 0.12f, 0.055f, 0, -0.055f, 0);
        _ = random;
    }

    public static void Airplane(Pen pen, DemoRandom random)
    {
        pen.Shape(pen.Dark, 0.10f, 0.55f, -0.30f, 0.98f, -0.12f, 0.98f, 0.40f, 0.55f);
        pen.Curve(pen.Body, -1.0f, 0.58f, -0.60f, 0.70f, 0.60f, 0.68f, 1.02f, 0.50f, 0.60f, 0.36f, -0.60f, 0.40f);
        pen.Shape(pen.Accent, -0.98f, 0.56f, -1.14f, 0.98f, -0.92f, 0.98f, -0.66f, 0.64f);
        pen.Shape(pen.Body, 0.16f, 0.46f, -0.40f, 0.02f, -0.16f, 0.02f, 0.50f, 0.46f);
        for (int i = 0; i < 8; i++)
        {
            pen.Oval(-0.56f + (0.15f * i), 0.57f, 0.028f, 0.035f, Glass.Darker(0.3f));
        }

        pen.Shape(Glass, 0.78f, 0.56f, 0.70f, 0.64f, 0.86f, 0.60f, 0.92f, 0.55f);
        _ = random;
    }

    public static void Rocket(Pen pen, DemoRandom random)
    {
        float flame = random.Between(0.02f, 0.10f);
        pen.Glow(0, 0.06f, 0.30f, Colour.Rgb(0xFF8A2C));
        pen.Curve(Colour.Rgb(0xF2902C), -0.08f, 0.24f, 0.08f, 0.24f, 0.04f, 0.08f, 0, -flame, -0.04f, 0.08f);
        pen.Curve(Colour.Rgb(0xFFE45C), -0.045f, 0.24f, 0.045f, 0.24f, 0, 0.08f);
        pen.Curve(pen.Accent, -0.12f, 0.46f, -0.28f, 0.30f, -0.28f, 0.18f, -0.12f, 0.26f);
        pen.Curve(pen.Accent, 0.12f, 0.46f, 0.28f, 0.30f, 0.28f, 0.18f, 0.12f, 0.26f);
        pen.Curve(pen.Body, -0.12f, 0.24f, -0.15f, 0.56f, -0.09f, 0.84f, 0, 1.0f, 0.09f, 0.84f, 0.15f, 0.56f, 0.12f, 0.24f);
        pen.Curve(pen.Accent, -0.085f, 0.85f, 0, 1.0f, 0.085f, 0.85f, 0, 0.86f);
        pen.Oval(0, 0.66f, 0.07f, 0.07f, pen.Dark);
        pen.Oval(0, 0.66f, 0.05f, 0.05f, Glass);
        pen.Box(-0.10f, 0.22f, 0.10f, 0.26f, pen.Ink);
    }

    private static void Wheel(Pen pen, float x, float y, float radius)
    {
        pen.Oval(x, y, radius, radius, pen.Ink);
        pen.Oval(x, y, radius * 0.58f, radius * 0.58f, Colour.Rgb(0xC4CAD0));
        pen.Oval(x, y, radius * 0.25f, radius * 0.25f, Colour.Rgb(0x6A7078));
    }
}
