using System.Numerics;

namespace Afterimage.Demo;

/// <summary>The colours of a scene: sky from zenith to horizon, ground near and far, light and accent.</summary>
internal sealed record DemoPalette(Vector4 Zenith, Vector4 Horizon, Vector4 Ground, Vector4 Far, Vector4 Light, Vector4 Accent)
{
    public static DemoPalette Of(DemoScene scene, DemoRandom random)
    {
        (int zenith, int horizon, int light) = scene.Time switch
        {
            DayTime.Night => (0x0B1030, 0x2B3566, 0xDDE4F5),
            DayTime.Sunset => (0x3B3A78, 0xF59A5C, 0xFFD9A0),
            DayTime.Dawn => (0x7FA4D4, 0xF7CDB8, 0xFFF0D8),
            _ => (0x3F8FD8, 0xC5E4F2, 0xFFF4D0),
        };
        int ground = scene.Backdrop switch
        {
            Backdrop.Desert => 0xE0AE6A,
            Backdrop.City => 0x5A5E6A,
            Backdrop.Sea => 0xE2CFA0,
            Backdrop.Forest => 0x4A7A42,
            Backdrop.Mountains => 0x6F9A5A,
            _ => scene.Season == Season.Autumn ? 0xB89A4A : 0x76B055,
        };
        Vector4 soil = scene.Season == Season.Winter ? Colour.Rgb(0xEAF0F6) : Colour.Rgb(ground);
        float hue = random.Unit();
        Vector4 accent = Colour.Hsl(hue, 0.62f, 0.52f);
        Vector4 top = Colour.Rgb(zenith), low = Colour.Rgb(horizon);
        if (scene.Season == Season.Rain)
        {
            top = Colour.Mix(top, Colour.Rgb(0x566270), 0.7f);
            low = Colour.Mix(low, Colour.Rgb(0x9AA6B0), 0.7f);
        }

        // A colour word tints the whole picture a little, so that it is felt even where no noun takes it.
        if (scene.Tint is { } tint)
        {
            low = Colour.Mix(low, tint, 0.22f);
            top = Colour.Mix(top, tint, 0.10f);
            accent = Colour.Mix(accent, tint, 0.5f);
        }

        float shift = random.Between(-0.08f, 0.08f);
        top = shift > 0 ? top.Lighter(shift) : top.Darker(-shift);
        float dark = scene.Time switch { DayTime.Night => 0.58f, DayTime.Sunset => 0.22f, _ => 0 };
        Vector4 near = Colour.Mix(soil, low, 0.08f).Darker(dark);
        return new DemoPalette(top, low, near, Colour.Mix(near, low, 0.55f), Colour.Rgb(light), accent);
    }
}
