using System.Numerics;

namespace Afterimage.Demo;

/// <summary>Draws one thing in its own coordinates: x 0 is its middle, y 0 the ground it stands on, 1 its height; y grows upward.</summary>
internal readonly struct Pen(Canvas canvas, Vector2 foot, float size, bool flipped, Vector4 body, Vector4 accent)
{
    public Vector4 Body { get; } = body;

    public Vector4 Dark { get; } = body.Darker(0.35f);

    public Vector4 Light { get; } = body.Lighter(0.4f);

    public Vector4 Accent { get; } = accent;

    public Vector4 Ink { get; } = Colour.Rgb(0x26222E);

    public void Oval(float x, float y, float radiusX, float radiusY, Vector4 colour, float angle = 0) =>
        canvas.Ellipse(At(x, y), radiusX * size, radiusY * size, Shade(colour, y + radiusY, y - radiusY), flipped ? angle : -angle);

    /// <summary>A polygon given as x, y, x, y...</summary>
    public void Shape(Vector4 colour, params ReadOnlySpan<float> points)
    {
        Vector2[] placed = Place(points, out float top, out float bottom);
        canvas.Fill(placed, Shade(colour, top, bottom));
    }

    /// <summary>A closed curve through x, y, x, y...</summary>
    public void Curve(Vector4 colour, params ReadOnlySpan<float> points)
    {
        Vector2[] placed = Place(points, out float top, out float bottom);
        canvas.FillSmooth(placed, Shade(colour, top, bottom));
    }

    public void Box(float left, float bottom, float right, float top, Vector4 colour) => Shape(colour, left, bottom, right, bottom, right, top, left, top);

    public void Line(float x0, float y0, float x1, float y1, float width, Vector4 colour, float widthEnd = -1) =>
        canvas.Line(At(x0, y0), At(x1, y1), width * size, (widthEnd < 0 ? width : widthEnd) * size, colour);

    public void Glow(float x, float y, float radius, Vector4 colour) => canvas.Glow(At(x, y), radius * size, colour);

    public Vector2 At(float x, float y) => foot + new Vector2((flipped ? -x : x) * size, -y * size);

    // A little lighter above and darker below gives flat shapes a body.
    private Paint Shade(Vector4 colour, float top, float bottom) =>
        colour.W < 1 ? colour : new Paint(colour.Lighter(0.10f), colour.Darker(0.14f), foot.Y - (top * size), foot.Y - (bottom * size) + 0.01f);

    private Vector2[] Place(ReadOnlySpan<float> points, out float top, out float bottom)
    {
        var placed = new Vector2[points.Length / 2];
        (top, bottom) = (float.MinValue, float.MaxValue);
        for (int i = 0; i < placed.Length; i++)
        {
            placed[i] = At(points[2 * i], points[(2 * i) + 1]);
            top = MathF.Max(top, points[(2 * i) + 1]);
            bottom = MathF.Min(bottom, points[(2 * i) + 1]);
        }

        return placed;
    }
}
