using System.Numerics;

namespace Afterimage.Demo;

/// <summary>Plants and fruit.</summary>
internal static class PlantShapes
{
    private static readonly Vector4 Bark = Colour.Rgb(0x6B4A32);
    private static readonly Vector4 Stem = Colour.Rgb(0x4C8A4A);

    public static void Tree(Pen pen, DemoRandom random)
    {
        pen.Shape(Bark, -0.07f, 0, 0.07f, 0, 0.035f, 0.55f, -0.035f, 0.55f);
        pen.Line(0, 0.38f, 0.16f, 0.56f, 0.035f, Bark, 0.02f);
        pen.Line(0, 0.32f, -0.15f, 0.52f, 0.035f, Bark, 0.02f);
        for (int i = 0; i < 16; i++)
        {
            float angle = random.Between(0, MathF.Tau), reach = random.Between(0.02f, 0.24f), size = random.Between(0.10f, 0.18f);
            Vector4 leaf = i < 6 ? pen.Dark : i < 12 ? pen.Body : pen.Light;
            float up = i < 6 ? -0.05f : i < 12 ? 0.01f : 0.07f;
            pen.Oval(reach * MathF.Cos(angle), 0.68f + up + (0.75f * reach * MathF.Sin(angle)), size, size * 0.85f, leaf);
        }
    }

    public static void Pine(Pen pen, DemoRandom random)
    {
        pen.Shape(Bark, -0.04f, 0, 0.04f, 0, 0.03f, 0.25f, -0.03f, 0.25f);
        float lean = random.Between(-0.02f, 0.02f);
        for (int i = 0; i < 5; i++)
        {
            float bottom = 0.12f + (0.16f * i), width = 0.28f - (0.05f * i);
            Vector4 needles = Colour.Mix(pen.Dark, pen.Light, i / 7f);
            pen.Shape(needles, -width, bottom, -width * 0.5f, bottom + 0.04f, 0, bottom + 0.02f, width * 0.5f, bottom + 0.04f, width, bottom, lean, bottom + 0.27f);
        }
    }

    public static void Palm(Pen pen, DemoRandom random)
    {
        float bend = random.Between(0.05f, 0.18f);
        for (int i = 0; i < 8; i++)
        {
            float a = i / 8f, b = (i + 1) / 8f;
            pen.Line(bend * a * a, 0.78f * a, bend * b * b, 0.78f * b, 0.06f - (0.025f * a), i % 2 == 0 ? Bark : Bark.Lighter(0.12f));
        }

        for (int i = 0; i < 9; i++)
        {
            float angle = (i * MathF.PI / 8) + random.Between(-0.1f, 0.1f);
            float x = bend + (0.34f * MathF.Cos(angle)), y = 0.80f + (0.16f * MathF.Sin(angle)) - (0.16f * MathF.Abs(MathF.Cos(angle)));
            float midX = bend + (0.20f * MathF.Cos(angle)), midY = 0.86f + (0.12f * MathF.Sin(angle));
            pen.Curve(i % 2 == 0 ? pen.Body : pen.Dark, bend, 0.78f, midX, midY + 0.03f, x, y, midX, midY - 0.04f);
        }
    }

    public static void Flower(Pen pen, DemoRandom random)
    {
        float sway = random.Between(-0.06f, 0.06f);
        pen.Line(0, 0, sway, 0.66f, 0.035f, Stem, 0.025f);
        pen.Curve(Stem, 0.01f, 0.16f, 0.20f, 0.34f, 0.26f, 0.30f, 0.14f, 0.16f);
        pen.Curve(Stem.Darker(0.15f), -0.01f, 0.24f, -0.18f, 0.42f, -0.24f, 0.38f, -0.12f, 0.24f);
        int petals = 6 + random.Below(4);
        for (int layer = 0; layer < 2; layer++)
        {
            for (int i = 0; i < petals; i++)
            {
                float angle = ((i + (layer * 0.5f)) * MathF.Tau / petals) + sway;
                float reach = layer == 0 ? 0.18f : 0.12f;
                pen.Oval(sway + (reach * MathF.Cos(angle)), 0.76f + (reach * MathF.Sin(angle)), 0.11f, 0.065f, layer == 0 ? pen.Body : pen.Light, angle);
            }
        }

        pen.Oval(sway, 0.76f, 0.075f, 0.075f, Colour.Rgb(0xE8B03A));
        pen.Oval(sway, 0.76f, 0.045f, 0.045f, Colour.Rgb(0xB87A24));
    }

    public static void Cactus(Pen pen, DemoRandom random)
    {
        float left = random.Between(0.50f, 0.70f), right = random.Between(0.60f, 0.82f);
        pen.Line(-0.05f, 0.36f, -0.24f, 0.36f, 0.10f, pen.Dark);
        pen.Line(-0.24f, 0.36f, -0.24f, left, 0.10f, pen.Dark);
        pen.Line(0.05f, 0.46f, 0.24f, 0.46f, 0.10f, pen.Body);
        pen.Line(0.24f, 0.46f, 0.24f, right, 0.10f, pen.Body);
        pen.Line(0, 0.02f, 0, 0.92f, 0.18f, pen.Body);
        for (int i = -1; i <= 1; i++)
        {
            pen.Line(i * 0.045f, 0.06f, i * 0.045f, 0.92f, 0.010f, pen.Light);
        }

        pen.Oval(0, 1.0f, 0.05f, 0.045f, Colour.Rgb(0xE86A9A));
    }

    public static void Mushroom(Pen pen, DemoRandom random)
    {
        pen.Curve(Colour.Rgb(0xF2E6D0), -0.11f, 0, -0.09f, 0.52f, 0.09f, 0.52f, 0.13f, 0);
        pen.Curve(Colour.Rgb(0xDCCBB0), -0.30f, 0.46f, 0, 0.52f, 0.30f, 0.46f, 0, 0.38f);
        pen.Curve(pen.Body, -0.42f, 0.46f, -0.30f, 0.78f, 0, 0.95f, 0.30f, 0.78f, 0.42f, 0.46f, 0, 0.50f);
        for (int i = 0; i < 7; i++)
        {
            float angle = random.Between(0.35f, 2.8f), reach = random.Between(0.08f, 0.30f), size = random.Between(0.025f, 0.055f);
            pen.Oval(reach * MathF.Cos(angle), 0.56f + (reach * MathF.Sin(angle)), size, size * 0.8f, Colour.White);
        }
    }

    public static void Fruit(Pen pen, DemoRandom random)
    {
        pen.Oval(0.03f, 0.02f, 0.34f, 0.05f, Colour.Black.Fade(0.18f));
        pen.Curve(pen.Body, -0.36f, 0.50f, -0.24f, 0.84f, 0, 0.78f, 0.24f, 0.84f, 0.36f, 0.50f, 0.20f, 0.06f, 0, 0.04f, -0.20f, 0.06f);
        pen.Oval(-0.16f, 0.62f, 0.07f, 0.12f, pen.Light.Fade(0.7f), 0.5f);
        pen.Line(0, 0.78f, 0.04f, 0.98f, 0.035f, Bark, 0.025f);
        float tip = random.Between(0.24f, 0.32f);
        pen.Curve(Stem, 0.03f, 0.88f, 0.16f, 1.0f, tip, 0.94f, 0.16f, 0.86f);
    }
}
