using System.Numerics;

namespace Afterimage.Demo;

/// <summary>People and what looks like them.</summary>
internal static class PeopleShapes
{
    private static readonly int[] Skins = [0xF1C9A5, 0xE0AC84, 0xC68642, 0x8D5524, 0xFFDBB4];
    private static readonly int[] Hairs = [0x2B1B17, 0x5A3825, 0x8A5A2C, 0xC99A50, 0xA33B20];

    public static void Person(Pen pen, DemoRandom random)
    {
        (Vector4 skin, Vector4 hair) = Looks(random);
        pen.Line(-0.07f, 0.42f, -0.08f, 0.03f, 0.10f, pen.Dark.Darker(0.4f), 0.07f);
        pen.Line(0.07f, 0.42f, 0.08f, 0.03f, 0.10f, pen.Dark.Darker(0.3f), 0.07f);
        pen.Oval(-0.07f, 0.02f, 0.06f, 0.025f, pen.Ink);
        pen.Oval(0.10f, 0.02f, 0.06f, 0.025f, pen.Ink);
        Arms(pen, random, skin);
        pen.Curve(pen.Body, -0.14f, 0.40f, -0.16f, 0.70f, -0.08f, 0.79f, 0.08f, 0.79f, 0.16f, 0.70f, 0.14f, 0.40f);
        Head(pen, skin, hair, longHair: false);
    }

    public static void Woman(Pen pen, DemoRandom random)
    {
        (Vector4 skin, Vector4 hair) = Looks(random);
        pen.Line(-0.05f, 0.30f, -0.05f, 0.03f, 0.06f, skin.Darker(0.1f), 0.045f);
        pen.Line(0.05f, 0.30f, 0.05f, 0.03f, 0.06f, skin, 0.045f);
        pen.Oval(-0.04f, 0.02f, 0.05f, 0.022f, pen.Ink);
        pen.Oval(0.07f, 0.02f, 0.05f, 0.022f, pen.Ink);
        pen.Curve(hair, -0.13f, 0.94f, 0, 1.0f, 0.13f, 0.94f, 0.15f, 0.70f, 0.10f, 0.62f, -0.10f, 0.62f, -0.15f, 0.70f);
        Arms(pen, random, skin);
        pen.Curve(pen.Body, -0.11f, 0.76f, 0.11f, 0.76f, 0.09f, 0.56f, 0.23f, 0.22f, 0.10f, 0.17f, -0.10f, 0.17f, -0.23f, 0.22f, -0.09f, 0.56f);
        Head(pen, skin, hair, longHair: true);
    }

    public static void Wizard(Pen pen, DemoRandom random)
    {
        (Vector4 skin, _) = Looks(random);
        pen.Line(0.28f, 0.02f, 0.30f, 0.86f, 0.03f, Colour.Rgb(0x6B4A2E));
        pen.Oval(0.30f, 0.90f, 0.05f, 0.05f, pen.Accent.Lighter(0.3f));
        pen.Glow(0.30f, 0.90f, 0.24f, pen.Accent);
        pen.Curve(pen.Body, -0.10f, 0.68f, 0.10f, 0.68f, 0.26f, 0.04f, 0, 0, -0.26f, 0.04f);
        pen.Line(0.06f, 0.56f, 0.28f, 0.46f, 0.10f, pen.Dark);
        pen.Oval(0.28f, 0.46f, 0.035f, 0.035f, skin);
        pen.Oval(0, 0.70f, 0.09f, 0.10f, skin);
        pen.Curve(Colour.Rgb(0xEDEDED), -0.09f, 0.68f, 0.09f, 0.68f, 0.08f, 0.46f, 0, 0.36f, -0.08f, 0.46f);
        pen.Curve(pen.Dark, -0.22f, 0.76f, 0, 0.80f, 0.22f, 0.76f, 0, 0.72f);
        pen.Shape(pen.Body, -0.13f, 0.76f, 0.13f, 0.76f, 0.05f, 1.04f);
        pen.Oval(-0.035f, 0.71f, 0.012f, 0.014f, pen.Ink);
        pen.Oval(0.035f, 0.71f, 0.012f, 0.014f, pen.Ink);
    }

    public static void Astronaut(Pen pen, DemoRandom random)
    {
        pen.Box(-0.18f, 0.36f, 0.18f, 0.72f, pen.Dark);
        pen.Line(-0.09f, 0.36f, -0.11f, 0.06f, 0.14f, pen.Body);
        pen.Line(0.09f, 0.36f, 0.11f, 0.06f, 0.14f, pen.Body);
        float wave = random.Between(0.35f, 0.85f);
        pen.Line(-0.16f, 0.62f, -0.32f, 0.40f, 0.11f, pen.Body);
        pen.Line(0.16f, 0.62f, 0.34f, wave, 0.11f, pen.Body);
        pen.Curve(pen.Body, -0.18f, 0.32f, -0.18f, 0.66f, 0, 0.72f, 0.18f, 0.66f, 0.18f, 0.32f);
        pen.Box(-0.08f, 0.46f, 0.08f, 0.56f, Colour.Rgb(0x59606C));
        pen.Oval(-0.04f, 0.51f, 0.018f, 0.018f, Colour.Rgb(0xE0503C));
        pen.Oval(0.03f, 0.51f, 0.018f, 0.018f, Colour.Rgb(0x4FB36A));
        pen.Oval(0, 0.83f, 0.19f, 0.18f, pen.Body);
        pen.Oval(0.02f, 0.83f, 0.14f, 0.12f, Colour.Rgb(0x26344F));
        pen.Oval(0.07f, 0.88f, 0.05f, 0.03f, Colour.Rgb(0x8FB6E8), 0.5f);
    }

    public static void Robot(Pen pen, DemoRandom random)
    {
        pen.Line(-0.10f, 0.32f, -0.10f, 0.05f, 0.09f, pen.Dark);
        pen.Line(0.10f, 0.32f, 0.10f, 0.05f, 0.09f, pen.Dark);
        pen.Box(-0.18f, 0, -0.03f, 0.06f, pen.Ink.Lighter(0.2f));
        pen.Box(0.03f, 0, 0.18f, 0.06f, pen.Ink.Lighter(0.2f));
        pen.Line(-0.22f, 0.56f, -0.34f, 0.34f, 0.07f, pen.Dark);
        pen.Line(0.22f, 0.56f, 0.36f, random.Between(0.36f, 0.72f), 0.07f, pen.Dark);
        pen.Box(-0.22f, 0.28f, 0.22f, 0.62f, pen.Body);
        pen.Box(-0.12f, 0.38f, 0.12f, 0.54f, pen.Light);
        pen.Oval(-0.05f, 0.46f, 0.03f, 0.03f, pen.Accent);
        pen.Oval(0.05f, 0.46f, 0.03f, 0.03f, Colour.Rgb(0xE0503C));
        pen.Box(-0.05f, 0.62f, 0.05f, 0.67f, pen.Dark);
        pen.Box(-0.20f, 0.66f, 0.20f, 0.92f, pen.Body);
        pen.Box(-0.15f, 0.72f, 0.15f, 0.86f, pen.Ink);
        foreach (float x in (float[])[-0.07f, 0.07f])
        {
            pen.Oval(x, 0.79f, 0.04f, 0.04f, Colour.Rgb(0x6FE0F5));
            pen.Glow(x, 0.79f, 0.11f, Colour.Rgb(0x35A4DC).Fade(0.8f));
        }

        pen.Line(0, 0.92f, 0, 1.0f, 0.02f, pen.Dark);
        pen.Oval(0, 1.0f, 0.03f, 0.03f, Colour.Rgb(0xE0503C));
    }

    private static (Vector4 Skin, Vector4 Hair) Looks(DemoRandom random) =>
        (Colour.Rgb(Skins[random.Below(Skins.Length)]), Colour.Rgb(Hairs[random.Below(Hairs.Length)]));

    private static void Arms(Pen pen, DemoRandom random, Vector4 skin)
    {
        float wave = random.Unit() < 0.3f ? 0.92f : random.Between(0.40f, 0.50f);
        pen.Line(-0.12f, 0.72f, -0.22f, 0.44f, 0.065f, pen.Dark, 0.05f);
        pen.Line(0.12f, 0.72f, 0.24f, wave, 0.065f, pen.Dark, 0.05f);
        pen.Oval(-0.22f, 0.42f, 0.032f, 0.032f, skin);
        pen.Oval(0.245f, wave, 0.032f, 0.032f, skin);
    }

    private static void Head(Pen pen, Vector4 skin, Vector4 hair, bool longHair)
    {
        pen.Line(0, 0.76f, 0, 0.82f, 0.06f, skin.Darker(0.1f));
        pen.Oval(0, 0.885f, 0.085f, 0.10f, skin);
        pen.Curve(hair, -0.09f, 0.90f, -0.07f, 0.985f, 0.03f, 1.0f, 0.095f, 0.96f, 0.09f, 0.90f, 0.04f, longHair ? 0.95f : 0.94f, -0.05f, 0.945f);
        pen.Oval(-0.03f, 0.885f, 0.011f, 0.014f, pen.Ink);
        pen.Oval(0.035f, 0.885f, 0.011f, 0.014f, pen.Ink);
        pen.Line(-0.02f, 0.84f, 0.025f, 0.84f, 0.010f, Colour.Rgb(0xA04848));
    }
}
