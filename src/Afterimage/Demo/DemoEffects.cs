using System.Numerics;

namespace Afterimage.Demo;

/// <summary>Style words change the finished picture.</summary>
internal static class DemoEffects
{
    public static void Apply(Canvas canvas, RenderStyle style, DemoRandom random)
    {
        var noise = new DemoNoise(random.Next());
        switch (style)
        {
            case RenderStyle.Watercolor:
                Watercolor(canvas, noise);
                break;
            case RenderStyle.PixelArt:
                PixelArt(canvas);
                break;
            case RenderStyle.Neon:
                Neon(canvas);
                break;
            case RenderStyle.Noir:
                Tone(canvas, (colour, away) => Grey(Math.Clamp(((Colour.Luminance(colour) - 0.45f) * 1.7f) + 0.42f, 0, 1) * (1 - (0.75f * away)), colour.W));
                break;
            case RenderStyle.Vintage:
                Tone(canvas, Sepia);
                break;
            case RenderStyle.Sketch:
                Sketch(canvas, noise);
                break;
            case RenderStyle.Oil:
                Oil(canvas, noise, random);
                break;
        }
    }

    private static Vector4 Grey(float level, float alpha) => new(level, level, level, alpha);

    private static Vector4 Sepia(Vector4 colour, float away)
    {
        float level = (0.12f + (0.85f * Colour.Luminance(colour))) * (1 - (0.45f * away));
        Vector4 toned = Vector4.Lerp(colour, new Vector4(level * 1.08f, level * 0.90f, level * 0.66f, colour.W), 0.82f);
        return Vector4.Min(toned, Vector4.One) with { W = colour.W };
    }

    // away: 0 in the middle, 1 in the corners.
    private static void Tone(Canvas canvas, Func<Vector4, float, Vector4> change) => Parallel.For(0, canvas.Height, y =>
    {
        float dy = ((2f * y) / canvas.Height) - 1;
        for (int x = 0; x < canvas.Width; x++)
        {
            float dx = ((2f * x) / canvas.Width) - 1;
            ref Vector4 pixel = ref canvas.Pixels[(y * canvas.Width) + x];
            pixel = change(pixel, MathF.Pow(((dx * dx) + (dy * dy)) / 2, 1.6f));
        }
    });

    private static void PixelArt(Canvas canvas)
    {
        int block = Math.Max(4, Math.Min(canvas.Width, canvas.Height) / 72);
        for (int top = 0; top < canvas.Height; top += block)
        {
            for (int left = 0; left < canvas.Width; left += block)
            {
                int bottom = Math.Min(top + block, canvas.Height), right = Math.Min(left + block, canvas.Width);
                Vector4 sum = default;
                for (int y = top; y < bottom; y++)
                {
                    for (int x = left; x < right; x++)
                    {
                        sum += canvas.Pixels[(y * canvas.Width) + x];
                    }
                }

                Vector4 mean = sum / ((bottom - top) * (right - left));
                Vector4 few = new(Step(mean.X), Step(mean.Y), Step(mean.Z), mean.W > 0.5f ? 1 : 0);
                for (int y = top; y < bottom; y++)
                {
                    canvas.Pixels.AsSpan((y * canvas.Width) + left, right - left).Fill(few * few.W);
                }
            }
        }

        static float Step(float level) => MathF.Round(level * 7) / 7;
    }

    private static void Neon(Canvas canvas)
    {
        var light = new Vector4[canvas.Pixels.Length];
        Edges(canvas, (index, edge) =>
        {
            Vector4 colour = canvas.Pixels[index];
            float peak = MathF.Max(MathF.Max(colour.X, colour.Y), MathF.Max(colour.Z, 0.05f));
            float low = MathF.Min(colour.X, MathF.Min(colour.Y, colour.Z)) * 0.85f;
            Vector4 vivid = (colour - new Vector4(low, low, low, 0)) / (peak - low + 0.02f);
            light[index] = vivid * MathF.Min(1, edge * 5);
        });
        Vector4[] soft = Blur(light, canvas.Width, canvas.Height, Math.Max(2, canvas.Width / 110));
        Vector4[] wide = Blur(soft, canvas.Width, canvas.Height, Math.Max(3, canvas.Width / 45));
        for (int i = 0; i < light.Length; i++)
        {
            Vector4 dark = canvas.Pixels[i] * new Vector4(0.22f, 0.16f, 0.34f, 1);
            Vector4 sum = dark + light[i] + (soft[i] * 1.6f) + (wide[i] * 1.3f);
            canvas.Pixels[i] = Vector4.Min(sum, Vector4.One) with { W = MathF.Max(dark.W, MathF.Min(1, sum.W - dark.W)) };
        }
    }

    private static void Sketch(Canvas canvas, DemoNoise noise)
    {
        var lines = new float[canvas.Pixels.Length];
        Edges(canvas, (index, edge) => lines[index] = MathF.Min(1, edge * 3.2f));
        float pitch = canvas.Width / 150f;
        Parallel.For(0, canvas.Height, y =>
        {
            for (int x = 0; x < canvas.Width; x++)
            {
                int index = (y * canvas.Width) + x;
                Vector4 colour = canvas.Pixels[index];
                float wobble = noise.Octaves(x / 60f, y / 60f, 2) * 3;
                float dark = 0.92f - Colour.Luminance(colour);
                float hatch = Hatch((x + y) / pitch + wobble, dark) + Hatch((x - y) / pitch + wobble, dark - 0.35f);
                float paper = 0.965f + (0.02f * noise.At(x / 2.5f, y / 2.5f));
                float ink = MathF.Min(1, (hatch * 0.8f) + (lines[index] * 0.85f));
                float level = paper * (1 - (0.82f * ink));
                canvas.Pixels[index] = new Vector4(level, level * 0.985f, level * 0.955f, 1) * colour.W;
            }
        });

        static float Hatch(float across, float dark)
        {
            float wave = MathF.Abs((across % 1 + 1) % 1 - 0.5f) * 2;
            return Math.Clamp((dark * 0.9f) - wave + 0.12f, 0, 1) * (dark > 0 ? 1 : 0);
        }
    }

    private static void Watercolor(Canvas canvas, DemoNoise noise)
    {
        int width = canvas.Width, height = canvas.Height;
        float unit = MathF.Min(width, height);
        Vector4[] source = Blur(canvas.Pixels, width, height, Math.Max(1, width / 500));
        var wet = new Vector4[source.Length];
        Parallel.For(0, height, y =>
        {
            for (int x = 0; x < width; x++)
            {
                // Colour runs along the paper: sample where slow noise leads.
                float u = x * 9 / unit, v = y * 9 / unit;
                int fromX = Math.Clamp((int)(x + (noise.Octaves(u, v, 3) * unit * 0.022f)), 0, width - 1);
                int fromY = Math.Clamp((int)(y + (noise.Octaves(u + 40, v, 3) * unit * 0.022f)), 0, height - 1);
                wet[(y * width) + x] = source[(fromY * width) + fromX];
            }
        });
        wet.CopyTo(canvas.Pixels, 0);
        var rim = new float[wet.Length];
        Edges(canvas, (index, edge) => rim[index] = MathF.Min(0.35f, edge * 1.2f));
        Parallel.For(0, height, y =>
        {
            for (int x = 0; x < width; x++)
            {
                int index = (y * width) + x;
                float pool = 0.20f * (noise.Octaves(x * 5 / unit, y * 5 / unit, 4) + 0.35f);
                float grain = 0.05f * noise.At(x / 2f, y / 2f);
                float border = MathF.Min(MathF.Min(x, width - 1 - x), MathF.Min(y, height - 1 - y)) / unit;
                float paper = Math.Clamp((0.045f + (0.03f * noise.Octaves(x * 7 / unit, y * 7 / unit, 3)) - border) * 60, 0, 1);
                Vector4 paint = wet[index];
                float alpha = paint.W;
                paint = Vector4.Lerp(paint, Vector4.One * alpha, Math.Clamp(0.20f + pool + grain, 0, 0.6f)) * (1 - rim[index]);
                paint = Vector4.Lerp(paint with { W = alpha }, new Vector4(0.985f, 0.975f, 0.95f, 1) * alpha, paper);
                canvas.Pixels[index] = paint;
            }
        });
    }

    private static void Oil(Canvas canvas, DemoNoise noise, DemoRandom random)
    {
        Vector4[] source = [.. canvas.Pixels];
        float unit = MathF.Min(canvas.Width, canvas.Height);
        (int Count, float Length, float Width)[] layers = [(2600, 0.034f, 0.013f), (7000, 0.018f, 0.0062f)];
        foreach ((int count, float length, float strokeWidth) in layers)
        {
            for (int i = 0; i < count; i++)
            {
                int x = random.Below(canvas.Width), y = random.Below(canvas.Height);
                Vector4 colour = source[(y * canvas.Width) + x];
                if (colour.W < 0.5f)
                {
                    continue;
                }

                float angle = noise.Octaves(x * 2.5f / unit, y * 2.5f / unit, 2) * 5;
                Vector2 half = unit * length * random.Between(0.3f, 0.6f) * new Vector2(MathF.Cos(angle), MathF.Sin(angle));
                float shade = random.Between(-0.10f, 0.10f);
                colour = shade > 0 ? colour.Lighter(shade) : colour.Darker(-shade);
                var at = new Vector2(x, y);
                canvas.Line(at - half, at + half, unit * strokeWidth, unit * strokeWidth * 0.6f, colour.Fade(0.85f));
            }
        }
    }

    private static void Edges(Canvas canvas, Action<int, float> found) => Parallel.For(0, canvas.Height, y =>
    {
        int width = canvas.Width, up = Math.Max(0, y - 1) * width, down = Math.Min(canvas.Height - 1, y + 1) * width;
        for (int x = 0; x < width; x++)
        {
            int left = Math.Max(0, x - 1), right = Math.Min(width - 1, x + 1);
            Vector4 dx = canvas.Pixels[(y * width) + right] - canvas.Pixels[(y * width) + left];
            Vector4 dy = canvas.Pixels[down + x] - canvas.Pixels[up + x];
            found((y * width) + x, MathF.Sqrt(dx.LengthSquared() + dy.LengthSquared()) * 0.5f);
        }
    });

    // Box blur in both directions with running sums.
    private static Vector4[] Blur(Vector4[] source, int width, int height, int radius)
    {
        var across = new Vector4[source.Length];
        var result = new Vector4[source.Length];
        Parallel.For(0, height, y => Run(source, across, y * width, 1, width, radius));
        Parallel.For(0, width, x => Run(across, result, x, width, height, radius));
        return result;
    }

    private static void Run(Vector4[] from, Vector4[] to, int start, int step, int count, int radius)
    {
        Vector4 sum = default;
        for (int i = -radius; i <= radius; i++)
        {
            sum += from[start + (Math.Clamp(i, 0, count - 1) * step)];
        }

        for (int i = 0; i < count; i++)
        {
            to[start + (i * step)] = sum / ((2 * radius) + 1);
            sum += from[start + (Math.Min(i + radius + 1, count - 1) * step)] - from[start + (Math.Max(i - radius, 0) * step)];
        }
    }
}
