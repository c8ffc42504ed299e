using System.Numerics;

namespace Afterimage.Demo;

/// <summary>Paints the sky: light, stars, clouds.</summary>
internal sealed class DemoSky(Canvas canvas, DemoScene scene, DemoPalette palette, DemoRandom random)
{
    private readonly float _width = canvas.Width;
    private readonly float _height = canvas.Height;

    private float Unit => MathF.Min(_width, _height);

    /// <summary>The whole sky down to the horizon, in pixels from the top.</summary>
    public void Paint(float horizon)
    {
        canvas.Band(0, _height, new Paint(palette.Zenith, palette.Horizon, 0, horizon));
        bool night = scene.Time == DayTime.Night;
        if (night)
        {
            Stars(160, horizon);
        }

        var light = new Vector2(_width * random.Between(0.18f, 0.82f), horizon * (scene.Time is DayTime.Sunset or DayTime.Dawn ? random.Between(0.70f, 0.90f) : random.Between(0.18f, 0.38f)));
        if (night || scene.Moon)
        {
            canvas.Glow(light, Unit * 0.30f, Colour.Rgb(0x8FA4E0).Fade(0.5f));
            canvas.Ellipse(light, Unit * 0.065f, Unit * 0.065f, Colour.Rgb(0xF4F1DE));
            canvas.Ellipse(light + new Vector2(Unit * 0.018f, -Unit * 0.012f), Unit * 0.012f, Unit * 0.012f, Colour.Rgb(0xDAD6C2));
            canvas.Ellipse(light + new Vector2(-Unit * 0.02f, Unit * 0.02f), Unit * 0.016f, Unit * 0.016f, Colour.Rgb(0xDAD6C2));
        }
        else if (scene.Season != Season.Rain && (scene.Sun || scene.Time != DayTime.Day || random.Unit() < 0.75f))
        {
            canvas.Glow(light, Unit * 0.50f, palette.Light.Fade(0.75f), 2.4f);
            canvas.Ellipse(light, Unit * 0.07f, Unit * 0.07f, palette.Light.Lighter(0.4f));
        }

        int clouds = scene.Season == Season.Rain ? 9 : 2 + random.Below(4);
        for (int i = 0; i < clouds && !night; i++)
        {
            Cloud(new Vector2(_width * random.Unit(), horizon * random.Between(0.08f, 0.62f)), Unit * random.Between(0.05f, 0.11f));
        }
    }

    /// <summary>Stars down to a height.</summary>
    public void Stars(int count, float bottom)
    {
        for (int i = 0; i < count; i++)
        {
            float size = MathF.Pow(random.Unit(), 4) * Unit * 0.004f;
            canvas.Ellipse(new Vector2(random.Unit() * _width, random.Unit() * bottom), size + 0.6f, size + 0.6f, Colour.White.Fade(random.Between(0.3f, 1)));
        }
    }

    private void Cloud(Vector2 centre, float size)
    {
        Vector4 shade = Colour.Mix(palette.Light.Lighter(0.5f), palette.Horizon, scene.Season == Season.Rain ? 0.6f : 0.15f);
        for (int i = 0; i < 7; i++)
        {
            var puff = new Vector2(random.Between(-1.4f, 1.4f) * size, random.Between(-0.35f, 0.15f) * size);
            float radius = size * random.Between(0.45f, 0.8f) * (1 - (0.3f * MathF.Abs(puff.X / size)));
            canvas.Ellipse(centre + puff, radius * 1.3f, radius * 0.62f, shade.Fade(0.42f));
        }
    }
}
