using System.Numerics;

namespace Afterimage.Demo;

/// <summary>Colours as premultiplied red, green, blue, alpha from 0 to 1.</summary>
internal static class Colour
{
    public static readonly Vector4 White = new(1, 1, 1, 1);
    public static readonly Vector4 Black = new(0, 0, 0, 1);

    public static Vector4 Rgb(int hex) => new(((hex >> 16) & 255) / 255f, ((hex >> 8) & 255) / 255f, (hex & 255) / 255f, 1);

    public static Vector4 Mix(Vector4 a, Vector4 b, float t) => Vector4.Lerp(a, b, t);

    public static Vector4 Fade(this Vector4 colour, float alpha) => colour * alpha;

    public static Vector4 Darker(this Vector4 colour, float amount) => Mix(colour, new Vector4(0.05f, 0.04f, 0.10f, 1), amount);

    public static Vector4 Lighter(this Vector4 colour, float amount) => Mix(colour, White, amount);

    public static float Luminance(Vector4 colour) => (0.299f * colour.X) + (0.587f * colour.Y) + (0.114f * colour.Z);

    /// <param name="hue">Turns, 0 to 1.</param>
    public static Vector4 Hsl(float hue, float saturation, float lightness)
    {
        float a = saturation * MathF.Min(lightness, 1 - lightness);
        return new Vector4(Channel(0), Channel(8), Channel(4), 1);

        float Channel(int n)
        {
            float k = (n + (hue * 12)) % 12;
            return lightness - (a * MathF.Max(-1, MathF.Min(MathF.Min(k - 3, 9 - k), 1)));
        }
    }
}
