namespace Afterimage.Demo;

/// <summary>Animals, looking to the right where they have a side.</summary>
internal static class AnimalShapes
{
    public static void Cat(Pen pen, DemoRandom random)
    {
        float tail = random.Between(0.35f, 0.75f);
        pen.Line(-0.22f, 0.08f, -0.42f, 0.14f, 0.09f, pen.Dark);
        pen.Line(-0.42f, 0.14f, -0.46f, tail, 0.09f, pen.Dark, 0.05f);
        pen.Curve(pen.Body, -0.26f, 0, -0.28f, 0.22f, -0.16f, 0.52f, 0.10f, 0.56f, 0.20f, 0.30f, 0.22f, 0);
        pen.Oval(0.02f, 0.26f, 0.10f, 0.20f, pen.Light);
        pen.Shape(pen.Body, -0.17f, 0.80f, -0.16f, 1.0f, 0.00f, 0.88f);
        pen.Shape(pen.Body, 0.25f, 0.80f, 0.26f, 1.0f, 0.10f, 0.88f);
        pen.Shape(pen.Accent, -0.13f, 0.84f, -0.13f, 0.94f, -0.04f, 0.88f);
        pen.Shape(pen.Accent, 0.21f, 0.84f, 0.23f, 0.94f, 0.13f, 0.88f);
        pen.Oval(0.05f, 0.70f, 0.23f, 0.19f, pen.Body);
        Face(pen, 0.05f, 0.71f, 0.09f, 0.032f);
        pen.Oval(-0.10f, 0.03f, 0.09f, 0.04f, pen.Light);
        pen.Oval(0.15f, 0.03f, 0.09f, 0.04f, pen.Light);
        for (int side = -1; side <= 1; side += 2)
        {
            pen.Line(0.05f + (0.08f * side), 0.65f, 0.05f + (0.30f * side), 0.68f, 0.008f, pen.Ink);
            pen.Line(0.05f + (0.08f * side), 0.63f, 0.05f + (0.30f * side), 0.60f, 0.008f, pen.Ink);
        }
    }

    public static void Dog(Pen pen, DemoRandom random)
    {
        pen.Line(-0.26f, 0.30f, -0.44f, random.Between(0.42f, 0.60f), 0.08f, pen.Body, 0.04f);
        pen.Curve(pen.Body, -0.28f, 0, -0.28f, 0.26f, -0.12f, 0.52f, 0.12f, 0.54f, 0.20f, 0.28f, 0.20f, 0);
        pen.Oval(0.03f, 0.26f, 0.10f, 0.18f, pen.Light);
        pen.Oval(0.06f, 0.72f, 0.20f, 0.20f, pen.Body);
        pen.Curve(pen.Dark, -0.16f, 0.86f, -0.06f, 0.90f, -0.08f, 0.62f, -0.18f, 0.52f, -0.22f, 0.66f);
        pen.Curve(pen.Dark, 0.28f, 0.86f, 0.18f, 0.90f, 0.20f, 0.62f, 0.30f, 0.52f, 0.34f, 0.66f);
        pen.Oval(0.06f, 0.62f, 0.12f, 0.10f, pen.Light);
        Face(pen, 0.06f, 0.74f, 0.08f, 0.028f);
        pen.Oval(0.06f, 0.66f, 0.045f, 0.032f, pen.Ink);
        pen.Curve(Colour.Rgb(0xE0607E), 0.03f, 0.58f, 0.09f, 0.58f, 0.09f, 0.50f, 0.06f, 0.48f, 0.03f, 0.50f);
        pen.Oval(-0.08f, 0.03f, 0.10f, 0.04f, pen.Light);
        pen.Oval(0.16f, 0.03f, 0.10f, 0.04f, pen.Light);
    }

    public static void Fox(Pen pen, DemoRandom random)
    {
        pen.Curve(pen.Body, -0.20f, 0.05f, -0.45f, 0.10f, -0.56f, 0.36f, -0.42f, 0.52f, -0.36f, 0.28f, -0.18f, 0.22f);
        pen.Curve(Colour.White, -0.52f, 0.36f, -0.42f, 0.54f, -0.44f, 0.36f);
        pen.Curve(pen.Body, -0.24f, 0, -0.26f, 0.24f, -0.12f, 0.52f, 0.14f, 0.54f, 0.20f, 0.28f, 0.20f, 0);
        pen.Curve(Colour.White.Darker(0.05f), -0.02f, 0.06f, -0.04f, 0.36f, 0.10f, 0.50f, 0.16f, 0.30f, 0.12f, 0.06f);
        pen.Shape(pen.Body, -0.14f, 0.74f, -0.16f, 1.0f, 0.02f, 0.86f);
        pen.Shape(pen.Body, 0.26f, 0.74f, 0.30f, 1.0f, 0.12f, 0.86f);
        pen.Shape(pen.Ink, -0.12f, 0.84f, -0.14f, 0.97f, -0.04f, 0.88f);
        pen.Shape(pen.Ink, 0.24f, 0.84f, 0.28f, 0.97f, 0.18f, 0.88f);
        pen.Curve(pen.Body, -0.20f, 0.74f, -0.06f, 0.88f, 0.20f, 0.88f, 0.34f, 0.74f, 0.07f, 0.52f);
        pen.Curve(Colour.White, -0.18f, 0.71f, 0.00f, 0.68f, 0.07f, 0.53f, 0.14f, 0.68f, 0.32f, 0.71f, 0.07f, 0.50f);
        Face(pen, 0.07f, 0.74f, 0.10f, 0.028f);
        pen.Oval(0.07f, 0.55f, 0.035f, 0.028f, pen.Ink);
        pen.Oval(-0.06f, 0.03f, 0.07f, 0.035f, pen.Ink);
        pen.Oval(0.14f, 0.03f, 0.07f, 0.035f, pen.Ink);
        _ = random;
    }

    public static void Horse(Pen pen, DemoRandom random)
    {
        float step = random.Between(-0.04f, 0.06f);
        foreach (float x in (float[])[-0.30f, -0.20f, 0.14f, 0.24f])
        {
            pen.Line(x, 0.40f, x + step, 0.02f, 0.085f, x is -0.20f or 0.24f ? pen.Dark : pen.Body, 0.045f);
            pen.Oval(x + step, 0.02f, 0.035f, 0.025f, pen.Ink);
        }

        pen.Curve(pen.Dark, -0.34f, 0.52f, -0.48f, 0.46f, -0.50f, 0.18f, -0.42f, 0.20f, -0.38f, 0.40f);
        pen.Curve(pen.Body, -0.38f, 0.42f, -0.34f, 0.58f, 0.00f, 0.56f, 0.22f, 0.62f, 0.30f, 0.44f, 0.10f, 0.32f, -0.22f, 0.33f);
        pen.Shape(pen.Body, 0.12f, 0.52f, 0.26f, 0.90f, 0.40f, 0.86f, 0.30f, 0.46f);
        pen.Curve(pen.Body, 0.24f, 0.92f, 0.38f, 0.94f, 0.56f, 0.72f, 0.50f, 0.66f, 0.34f, 0.76f);
        pen.Shape(pen.Body, 0.28f, 0.90f, 0.30f, 1.0f, 0.36f, 0.91f);
        pen.Curve(pen.Dark, 0.28f, 0.96f, 0.18f, 0.86f, 0.06f, 0.58f, 0.14f, 0.54f, 0.26f, 0.84f);
        pen.Oval(0.39f, 0.84f, 0.016f, 0.018f, pen.Ink);
    }

    public static void Rabbit(Pen pen, DemoRandom random)
    {
        float lean = random.Between(-0.05f, 0.12f);
        pen.Oval(-0.05f - lean, 0.84f, 0.06f, 0.18f, pen.Body, 0.15f);
        pen.Oval(0.13f + lean, 0.84f, 0.06f, 0.18f, pen.Body, -0.15f);
        pen.Oval(-0.05f - lean, 0.84f, 0.03f, 0.13f, pen.Accent, 0.15f);
        pen.Oval(0.13f + lean, 0.84f, 0.03f, 0.13f, pen.Accent, -0.15f);
        pen.Oval(-0.24f, 0.12f, 0.09f, 0.09f, pen.Light);
        pen.Oval(0, 0.22f, 0.25f, 0.23f, pen.Body);
        pen.Oval(0.04f, 0.19f, 0.13f, 0.15f, pen.Light);
        pen.Oval(0.04f, 0.54f, 0.19f, 0.17f, pen.Body);
        Face(pen, 0.04f, 0.56f, 0.08f, 0.028f);
        pen.Oval(-0.10f, 0.03f, 0.11f, 0.04f, pen.Light);
        pen.Oval(0.16f, 0.03f, 0.11f, 0.04f, pen.Light);
    }

    public static void Bear(Pen pen, DemoRandom random)
    {
        pen.Oval(-0.18f, 0.90f, 0.09f, 0.09f, pen.Dark);
        pen.Oval(0.18f, 0.90f, 0.09f, 0.09f, pen.Dark);
        pen.Curve(pen.Body, -0.34f, 0, -0.36f, 0.34f, -0.20f, 0.58f, 0.20f, 0.58f, 0.36f, 0.34f, 0.34f, 0);
        pen.Oval(0, 0.28f, 0.18f, 0.22f, pen.Light);
        pen.Oval(0, 0.74f, 0.26f, 0.22f, pen.Body);
        pen.Oval(0, 0.67f, 0.13f, 0.10f, pen.Light);
        pen.Oval(0, 0.72f, 0.045f, 0.03f, pen.Ink);
        Face(pen, 0, 0.79f, 0.10f, 0.024f);
        pen.Oval(-0.20f, 0.04f, 0.13f, 0.06f, pen.Dark);
        pen.Oval(0.20f, 0.04f, 0.13f, 0.06f, pen.Dark);
        _ = random;
    }

    public static void Elephant(Pen pen, DemoRandom random)
    {
        foreach (float x in (float[])[-0.32f, -0.16f, 0.08f, 0.24f])
        {
            pen.Line(x, 0.36f, x, 0.05f, 0.14f, x is -0.16f or 0.24f ? pen.Dark : pen.Body);
        }

        pen.Oval(-0.06f, 0.52f, 0.40f, 0.28f, pen.Body);
        pen.Line(-0.45f, 0.56f, -0.50f, 0.30f, 0.025f, pen.Dark);
        float lift = random.Between(0, 0.35f);
        pen.Line(0.46f, 0.62f, 0.58f, 0.34f, 0.12f, pen.Body, 0.08f);
        pen.Line(0.58f, 0.34f, 0.64f + (lift * 0.3f), 0.10f + lift, 0.08f, pen.Body, 0.05f);
        pen.Oval(0.36f, 0.68f, 0.21f, 0.22f, pen.Body);
        pen.Oval(0.22f, 0.66f, 0.16f, 0.22f, pen.Dark);
        pen.Line(0.48f, 0.52f, 0.60f, 0.48f, 0.035f, Colour.Rgb(0xF4EEDF), 0.01f);
        pen.Oval(0.44f, 0.72f, 0.02f, 0.024f, pen.Ink);
    }

    public static void Dragon(Pen pen, DemoRandom random)
    {
        float raise = random.Between(0, 0.08f);
        pen.Curve(pen.Accent.Darker(0.2f), -0.05f, 0.50f, -0.30f, 0.96f + raise, -0.44f, 0.80f, -0.50f, 0.58f, -0.36f, 0.62f, -0.26f, 0.48f);
        pen.Curve(pen.Body, -0.24f, 0.18f, -0.50f, 0.06f, -0.66f, 0.20f, -0.58f, 0.02f, -0.30f, 0.00f, -0.10f, 0.06f);
        pen.Curve(pen.Body, -0.30f, 0.02f, -0.28f, 0.34f, -0.06f, 0.52f, 0.14f, 0.40f, 0.18f, 0.02f);
        pen.Curve(pen.Light, -0.06f, 0.04f, -0.04f, 0.34f, 0.12f, 0.34f, 0.14f, 0.04f);
        pen.Curve(pen.Body, -0.04f, 0.36f, 0.04f, 0.70f, 0.16f, 0.90f, 0.28f, 0.84f, 0.20f, 0.64f, 0.16f, 0.34f);
        pen.Curve(pen.Body, 0.10f, 0.92f, 0.24f, 0.98f, 0.50f, 0.84f, 0.48f, 0.76f, 0.24f, 0.76f);
        pen.Shape(pen.Dark, 0.14f, 0.94f, 0.00f, 1.04f, 0.20f, 0.97f);
        for (int i = 0; i < 5; i++)
        {
            float y = 0.36f + (0.11f * i), x = -0.06f + (0.035f * i);
            pen.Shape(pen.Accent, x, y, x - 0.09f, y + 0.06f, x + 0.02f, y + 0.09f);
        }

        pen.Oval(0.28f, 0.90f, 0.022f, 0.022f, Colour.Rgb(0xFFE45C));
        pen.Glow(0.62f, 0.76f, 0.26f, Colour.Rgb(0xFF8A2C));
    }

    public static void Bird(Pen pen, DemoRandom random)
    {
        float flap = random.Between(0.35f, 0.9f);
        pen.Curve(pen.Body, -0.10f, 0.40f, -0.55f, flap, -1.1f, flap - 0.12f, -0.60f, flap - 0.18f, -0.05f, 0.24f);
        pen.Curve(pen.Dark, 0.05f, 0.40f, 0.45f, flap + 0.1f, 0.95f, flap + 0.05f, 0.50f, flap - 0.12f, 0.10f, 0.24f);
        pen.Oval(0, 0.30f, 0.30f, 0.11f, pen.Body, 0.1f);
        pen.Oval(0.28f, 0.36f, 0.10f, 0.09f, pen.Body);
        pen.Shape(Colour.Rgb(0xF0A83C), 0.36f, 0.38f, 0.50f, 0.34f, 0.36f, 0.31f);
        pen.Shape(pen.Dark, -0.26f, 0.32f, -0.56f, 0.34f, -0.50f, 0.20f);
    }

    public static void Owl(Pen pen, DemoRandom random)
    {
        pen.Curve(pen.Body, -0.26f, 0.10f, -0.30f, 0.55f, -0.20f, 0.92f, 0.20f, 0.92f, 0.30f, 0.55f, 0.26f, 0.10f, 0, 0);
        pen.Shape(pen.Body, -0.24f, 0.84f, -0.26f, 1.0f, -0.08f, 0.92f);
        pen.Shape(pen.Body, 0.24f, 0.84f, 0.26f, 1.0f, 0.08f, 0.92f);
        pen.Oval(0, 0.32f, 0.17f, 0.25f, pen.Light);
        pen.Curve(pen.Dark, -0.28f, 0.60f, -0.36f, 0.30f, -0.24f, 0.10f, -0.16f, 0.36f);
        pen.Curve(pen.Dark, 0.28f, 0.60f, 0.36f, 0.30f, 0.24f, 0.10f, 0.16f, 0.36f);
        for (int side = -1; side <= 1; side += 2)
        {
            pen.Oval(0.11f * side, 0.74f, 0.11f, 0.11f, Colour.White);
            pen.Oval(0.11f * side, 0.74f, 0.055f, 0.06f, pen.Ink);
            pen.Oval((0.11f * side) + 0.02f, 0.76f, 0.018f, 0.018f, Colour.White);
            pen.Oval(0.10f * side, 0.02f, 0.07f, 0.03f, Colour.Rgb(0xE09A3C));
        }

        pen.Shape(Colour.Rgb(0xE09A3C), -0.04f, 0.68f, 0.04f, 0.68f, 0, 0.59f);
        _ = random;
    }

    public static void Butterfly(Pen pen, DemoRandom random)
    {
        float open = random.Between(0.7f, 1f);
        for (int side = -1; side <= 1; side += 2)
        {
            float s = side * open;
            pen.Curve(pen.Body, 0, 0.52f, 0.30f * s, 1.0f, 0.62f * s, 0.92f, 0.52f * s, 0.58f, 0.10f * s, 0.46f);
            pen.Curve(pen.Accent, 0, 0.48f, 0.34f * s, 0.44f, 0.44f * s, 0.14f, 0.20f * s, 0.06f, 0.02f * s, 0.36f);
            pen.Oval(0.40f * s, 0.80f, 0.07f, 0.07f, pen.Light);
            pen.Oval(0.24f * s, 0.24f, 0.05f, 0.05f, pen.Light);
            pen.Line(0, 0.66f, 0.14f * side, 0.90f, 0.015f, pen.Ink);
        }

        pen.Oval(0, 0.44f, 0.035f, 0.24f, pen.Ink);
    }

    public static void Fish(Pen pen, DemoRandom random)
    {
        pen.Curve(pen.Dark, -0.50f, 0.50f, -0.90f, 0.92f, -0.76f, 0.50f, -0.90f, 0.10f);
        pen.Curve(pen.Accent, -0.20f, 0.80f, 0.02f, 1.04f, 0.30f, 0.82f);
        pen.Curve(pen.Body, -0.62f, 0.50f, -0.10f, 0.90f, 0.50f, 0.74f, 0.74f, 0.50f, 0.50f, 0.24f, -0.10f, 0.12f);
        pen.Curve(pen.Light, -0.30f, 0.34f, 0.10f, 0.36f, 0.60f, 0.40f, 0.40f, 0.24f, -0.06f, 0.16f);
        pen.Curve(pen.Accent, 0.00f, 0.46f, -0.22f, 0.32f, -0.20f, 0.52f);
        pen.Oval(0.48f, 0.58f, 0.075f, 0.075f, Colour.White);
        pen.Oval(0.50f, 0.58f, 0.04f, 0.042f, pen.Ink);
        _ = random;
    }

    private static void Face(Pen pen, float x, float y, float apart, float eye)
    {
        for (int side = -1; side <= 1; side += 2)
        {
            pen.Oval(x + (apart * side), y, eye, eye * 1.25f, pen.Ink);
            pen.Oval(x + (apart * side) + (eye * 0.35f), y + (eye * 0.5f), eye * 0.32f, eye * 0.32f, Colour.White);
        }

        pen.Oval(x, y - 0.07f, eye * 0.8f, eye * 0.6f, Colour.Rgb(0x7A3A44));
    }
}
