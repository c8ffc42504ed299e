using System.Numerics;

namespace Afterimage.Demo;

/// <summary>Where nothing in the prompt is known: overlapping translucent forms, still decided by the words' hash.</summary>
internal sealed class AbstractBackdrop(Canvas canvas, DemoScene scene, DemoRandom random)
{
    private readonly float _width = canvas.Width;
    private readonly float _height = canvas.Height;

    private float Unit => MathF.Min(_width, _height);

    public void Paint()
    {
        float hue = random.Unit();
        Vector4 ground = scene.Tint is { } tint ? Colour.Mix(tint, Colour.White, 0.75f) : Colour.Hsl(hue, 0.35f, 0.90f);
        canvas.Band(0, _height, new Paint(ground, Colour.Hsl((hue + 0.08f) % 1, 0.35f, 0.80f), 0, _height));
        for (int i = 0; i < 11; i++)
        {
            float[] steps = [0, 0.08f, 0.5f, 0.58f, 0.33f];
            Vector4 tone = Colour.Hsl((hue + steps[random.Below(5)]) % 1, random.Between(0.45f, 0.75f), random.Between(0.35f, 0.68f));
            tone = (scene.Tint is { } own && i % 2 == 0 ? Colour.Mix(tone, own, 0.75f) : tone).Fade(random.Between(0.45f, 0.85f));
            var at = new Vector2(_width * random.Between(0.1f, 0.9f), _height * random.Between(0.1f, 0.9f));
            float size = Unit * random.Between(0.07f, 0.26f);
            switch (random.Below(4))
            {
                case 0:
                    canvas.Ellipse(at, size, size, tone);
                    break;
                case 1:
                    float turn = random.Between(0, MathF.Tau);
                    canvas.Fill([.. Enumerable.Range(0, 3).Select(k => at + (size * new Vector2(MathF.Cos(turn + (k * 2.094f)), MathF.Sin(turn + (k * 2.094f)))))], tone);
                    break;
                case 2:
                    canvas.FillSmooth([.. Enumerable.Range(0, 7).Select(k => at + (size * random.Between(0.5f, 1.1f) * new Vector2(MathF.Cos(k * MathF.Tau / 7), MathF.Sin(k * MathF.Tau / 7))))], tone);
                    break;
                default:
                    float slope = random.Between(0, MathF.PI);
                    Vector2 reach = size * 1.5f * new Vector2(MathF.Cos(slope), MathF.Sin(slope));
                    canvas.Line(at - reach, at + reach, size * 0.18f, tone);
                    break;
            }
        }
    }
}
