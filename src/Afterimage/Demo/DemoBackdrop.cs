using System.Numerics;

namespace Afterimage.Demo;

/// <summary>Paints what is behind the subjects: sky, far and near ground.</summary>
internal sealed class DemoBackdrop(Canvas canvas, DemoScene scene, DemoPalette palette, DemoRandom random)
{
    private readonly float _width = canvas.Width;
    private readonly float _height = canvas.Height;
    private readonly DemoSky _sky = new(canvas, scene, palette, random);
    private readonly DemoNoise _noise = new(random.Next());

    /// <summary>Where the sky ends, in pixels from the top.</summary>
    public float HorizonY { get; } = canvas.Height * random.Between(0.54f, 0.64f);

    private float Unit => MathF.Min(_width, _height);

    public void Paint()
    {
        switch (scene.Backdrop)
        {
            case Backdrop.Studio:
                Studio();
                return;
            case Backdrop.Abstract:
                new AbstractBackdrop(canvas, scene, random).Paint();
                return;
            case Backdrop.Underwater:
                Underwater();
                return;
            case Backdrop.Space:
                Space();
                return;
        }

        _sky.Paint(HorizonY);
        switch (scene.Backdrop)
        {
            case Backdrop.Mountains:
                Ridges(4, 0.30f, Colour.Rgb(0x5A6E8C), snow: true);
                Ground(0.02f);
                break;
            case Backdrop.Sea:
                Sea();
                break;
            case Backdrop.City:
                City();
                break;
            case Backdrop.Forest:
                Ridges(2, 0.10f, Colour.Rgb(0x4A7A5C), snow: false);
                Trees();
                Ground(0.01f);
                break;
            case Backdrop.Desert:
                Ridges(3, 0.10f, palette.Ground, snow: false);
                Ground(0.03f);
                break;
            default:
                Ridges(3, 0.11f, Colour.Rgb(0x6A9A78), snow: false);
                Ground(0.02f);
                break;
        }
    }

    // Layer by layer from far to near, each nearer one darker and more its own colour.
    private void Ridges(int count, float height, Vector4 colour, bool snow)
    {
        float dark = scene.Time switch { DayTime.Night => 0.62f, DayTime.Sunset => 0.35f, _ => 0 };
        for (int layer = 0; layer < count; layer++)
        {
            float near = (layer + 1f) / count;
            Vector4 tone = Colour.Mix(palette.Horizon, Colour.Mix(colour, palette.Ground, near * 0.35f).Darker(dark), 0.30f + (0.6f * near));
            float peak = _height * height * (1.15f - (0.75f * near * (snow ? 1 : 0.6f)));
            float cells = snow ? 3.2f + layer : 2.2f + layer;
            float foot = HorizonY + (_height * 0.015f * layer);
            Vector2[] outline = Outline(layer, cells, foot, peak, snow);
            canvas.Fill([.. outline, new(_width, _height), new(0, _height)], new Paint(tone.Lighter(0.06f), Colour.Mix(tone, palette.Far, 0.5f), foot - peak, foot));
            if (snow && layer < count - 1)
            {
                SnowCaps(outline, foot - (peak * 0.62f));
            }
        }
    }

    private Vector2[] Outline(int layer, float cells, float foot, float peak, bool sharp)
    {
        const int Steps = 220;
        var outline = new Vector2[Steps + 1];
        for (int i = 0; i <= Steps; i++)
        {
            float x = i * cells / Steps;
            float rough = _noise.Octaves(x + (layer * 17.3f), layer * 5.1f, sharp ? 5 : 2);
            float up = sharp ? 1 - (1.9f * MathF.Abs(rough)) : 0.55f + rough;
            outline[i] = new Vector2(_width * i / Steps, foot - (peak * MathF.Max(0.04f, up)));
        }

        return outline;
    }

    private void SnowCaps(Vector2[] outline, float line)
    {
        var cap = new List<Vector2>();
        for (int i = 0; i < outline.Length; i++)
        {
            if (outline[i].Y < line)
            {
                cap.Add(outline[i]);
                continue;
            }

            CloseCap(cap, line);
        }

        CloseCap(cap, line);
    }

    private void CloseCap(List<Vector2> cap, float line)
    {
        int top = cap.Count;
        for (int i = top - 1; i >= 0 && top > 2; i--)
        {
            float depth = (line - cap[i].Y) * (0.45f + (0.30f * _noise.At(cap[i].X * 0.06f, 3)));
            cap.Add(new Vector2(cap[i].X, cap[i].Y + depth));
        }

        canvas.Fill(cap.ToArray(), Colour.Mix(Colour.White, palette.Horizon, 0.25f).Fade(0.85f));
        cap.Clear();
    }

    private void Ground(float bumps)
    {
        var outline = Outline(9, 2.5f, HorizonY + (_height * 0.06f), _height * bumps * 2, sharp: false);
        canvas.Fill([.. outline, new(_width, _height), new(0, _height)], new Paint(Colour.Mix(palette.Ground, palette.Horizon, 0.18f), palette.Ground.Darker(0.22f), HorizonY, _height));
        bool green = scene.Season != Season.Winter && scene.Backdrop is Backdrop.Land or Backdrop.Forest or Backdrop.Mountains;
        for (int i = 0; i < 420; i++)
        {
            float depth = MathF.Sqrt(random.Unit());
            float y = HorizonY + (_height * 0.09f) + (depth * (_height - HorizonY));
            float size = Unit * 0.016f * (0.3f + depth);
            var at = new Vector2(random.Unit() * _width, y);
            Vector4 tone = random.Unit() < 0.5f ? palette.Ground.Darker(0.28f) : palette.Ground.Lighter(0.18f);
            if (green)
            {
                canvas.Line(at, at + new Vector2(random.Between(-0.5f, 0.5f) * size, -size), size * 0.18f, 0.4f, tone.Fade(0.7f));
            }
            else
            {
                canvas.Ellipse(at, size * 1.6f, size * 0.16f, tone.Fade(0.35f));
            }
        }
    }

    private void Sea()
    {
        float dark = scene.Time == DayTime.Night ? 0.5f : 0;
        Vector4 deep = Colour.Mix(Colour.Rgb(0x1F6F9A), palette.Zenith, 0.35f).Darker(dark), shallow = Colour.Mix(Colour.Rgb(0x4FB0B8), palette.Horizon, 0.30f).Darker(dark);
        if (random.Unit() < 0.6f)
        {
            Ridges(1, 0.07f, Colour.Rgb(0x5F7A8C), snow: false);
        }

        float beach = _height * 0.88f;
        canvas.Band(HorizonY, _height, new Paint(deep, shallow, HorizonY, beach));
        for (int i = 0; i < 260; i++)
        {
            float depth = MathF.Pow(random.Unit(), 1.4f);
            var at = new Vector2(random.Unit() * _width, HorizonY + (depth * (beach - HorizonY)));
            float length = Unit * (0.012f + (0.07f * depth));
            canvas.Ellipse(at, length, 0.6f + (Unit * 0.0022f * depth), palette.Light.Fade(random.Between(0.10f, 0.40f)));
        }

        Vector2[] shore = Outline(5, 1.6f, beach + (_height * 0.02f), _height * 0.04f, sharp: false);
        canvas.Fill([.. shore.Select(p => p - new Vector2(0, _height * 0.012f)), new(_width, _height), new(0, _height)], Colour.White.Fade(0.6f));
        canvas.Fill([.. shore, new(_width, _height), new(0, _height)], new Paint(palette.Ground, palette.Ground.Darker(0.15f), beach, _height));
    }

    private void City()
    {
        bool night = scene.Time is DayTime.Night or DayTime.Sunset || scene.Style == RenderStyle.Neon;
        for (int layer = 0; layer < 3; layer++)
        {
            float near = (layer + 1) / 3f;
            for (float x = -_width * 0.05f; x < _width;)
            {
                float width = Unit * random.Between(0.05f, 0.12f) * (0.7f + (0.5f * near));
                float tall = _height * random.Between(0.10f, 0.42f) * (1.15f - (0.45f * near));
                Vector4 wall = Colour.Mix(palette.Horizon, Colour.Hsl(random.Between(0.55f, 0.75f), 0.18f, night ? 0.20f : 0.46f), 0.25f + (0.65f * near));
                Building(x, width, tall, wall, night, near);
                x += width * random.Between(0.85f, 1.15f);
            }
        }

        canvas.Band(HorizonY + (_height * 0.04f), _height, new Paint(palette.Ground.Lighter(0.1f), palette.Ground.Darker(0.4f), HorizonY, _height));
        float middle = _width / 2, end = HorizonY + (_height * 0.04f);
        for (int i = 0; i < 6; i++)
        {
            float a = MathF.Pow(i / 6f, 1.8f), b = MathF.Pow((i + 0.5f) / 6f, 1.8f);
            float ya = end + (a * (_height - end)), yb = end + (b * (_height - end));
            canvas.Fill([new(middle - (_width * 0.03f * a), ya), new(middle + (_width * 0.03f * a), ya), new(middle + (_width * 0.03f * b), yb), new(middle - (_width * 0.03f * b), yb)],
                Colour.Rgb(0xE8E2C8).Fade(0.6f));
        }
    }

    private void Building(float x, float width, float tall, Vector4 wall, bool night, float near)
    {
        float foot = HorizonY + (_height * 0.05f), top = foot - tall;
        canvas.Fill([new(x, top), new(x + width, top), new(x + width, foot), new(x, foot)], new Paint(wall, wall.Darker(0.2f), top, foot));
        float cell = width / 5;
        for (float y = top + cell; y < foot - cell && near > 0.5f; y += cell * 1.3f)
        {
            for (int column = 0; column < 4; column++)
            {
                float left = x + (cell * (0.35f + (1.15f * column)));
                bool lit = night && random.Unit() < 0.45f;
                Vector4 pane = lit ? Colour.Rgb(0xFFD98A) : night ? wall.Darker(0.3f) : Colour.Mix(wall, palette.Zenith, 0.5f);
                canvas.Fill([new(left, y), new(left + (cell * 0.7f), y), new(left + (cell * 0.7f), y + (cell * 0.75f)), new(left, y + (cell * 0.75f))], pane);
            }
        }
    }

    private void Trees()
    {
        for (int layer = 0; layer < 3; layer++)
        {
            float near = (layer + 1) / 3f;
            for (int i = 0; i < 11; i++)
            {
                Vector4 leaves = scene.Season switch
                {
                    Season.Autumn => Colour.Hsl(random.Between(0.03f, 0.12f), 0.65f, 0.45f),
                    Season.Spring => Colour.Hsl(0.95f, 0.5f, 0.78f),
                    Season.Winter => Colour.Rgb(0xC8D6DE),
                    _ => Colour.Hsl(random.Between(0.27f, 0.40f), 0.35f, 0.33f),
                };
                leaves = Colour.Mix(palette.Far, leaves.Darker(scene.Time == DayTime.Night ? 0.55f : 0), 0.35f + (0.55f * near));
                var foot = new Vector2(_width * (((i + random.Between(-0.4f, 0.4f)) / 10f) + (0.05f * layer)), HorizonY + (_height * (0.05f + (0.03f * layer))));
                var pen = new Pen(canvas, foot, Unit * random.Between(0.26f, 0.40f) * (0.65f + (0.5f * near)), false, leaves, leaves);
                DemoShapes.Draw(i % 3 == 1 && scene.Season is Season.Autumn or Season.Spring ? "tree" : "pine", pen, random);
            }
        }
    }

    private void Studio()
    {
        Vector4 wall = scene.Tint is { } tint ? Colour.Mix(tint, Colour.Rgb(0xEFE6DA), 0.72f) : Colour.Hsl(random.Unit(), 0.32f, 0.80f);
        wall = wall.Darker(scene.Time == DayTime.Night ? 0.6f : 0);
        canvas.Band(0, _height, new Paint(wall.Darker(0.10f), wall.Lighter(0.15f), 0, _height * 0.72f));
        canvas.Glow(new Vector2(_width * 0.5f, _height * 0.45f), Unit * 0.62f, wall.Lighter(0.6f).Fade(0.55f));
        canvas.Band(_height * 0.74f, _height, new Paint(wall.Darker(0.22f), wall.Darker(0.06f), _height * 0.74f, _height));
    }

    private void Underwater()
    {
        canvas.Band(0, _height, new Paint(Colour.Rgb(0x5FC8D8), Colour.Rgb(0x0B2F5C), 0, _height));
        for (int i = 0; i < 7; i++)
        {
            float x = _width * random.Unit(), spread = _width * random.Between(0.05f, 0.14f);
            canvas.Fill([new(x, 0), new(x + (spread * 0.5f), 0), new(x + (spread * 1.8f), _height * 0.9f), new(x - (spread * 0.6f), _height * 0.9f)], new Paint(Colour.White.Fade(0.14f), default, 0, _height * 0.9f));
        }

        Vector2[] floor = Outline(2, 2, _height * 0.93f, _height * 0.09f, sharp: false);
        canvas.Fill([.. floor, new(_width, _height), new(0, _height)], Colour.Rgb(0xB99A6A).Darker(0.25f));
        for (int i = 0; i < 16; i++)
        {
            float x = _width * random.Unit(), tall = _height * random.Between(0.06f, 0.22f);
            Vector4 coral = Colour.Hsl(random.Unit(), 0.55f, 0.48f);
            canvas.Line(new Vector2(x, _height * 0.97f), new Vector2(x + random.Between(-20, 20), (_height * 0.95f) - tall), Unit * 0.022f, Unit * 0.006f, coral);
            canvas.Ellipse(new Vector2(_width * random.Unit(), _height * random.Unit()), Unit * 0.006f, Unit * 0.006f, Colour.White.Fade(0.35f));
        }
    }

    private void Space()
    {
        canvas.Band(0, _height, new Paint(Colour.Rgb(0x070818), Colour.Rgb(0x1A1438), 0, _height));
        for (int i = 0; i < 5; i++)
        {
            Vector4 cloud = Colour.Mix(Colour.Hsl(random.Between(0.55f, 0.95f), 0.7f, 0.45f), scene.Tint ?? palette.Accent, 0.4f);
            canvas.Glow(new Vector2(_width * random.Unit(), _height * random.Unit()), Unit * random.Between(0.3f, 0.6f), cloud.Fade(0.5f));
        }

        _sky.Stars(320, _height);
    }
}
