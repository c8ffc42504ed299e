using System.Numerics;

namespace Afterimage.Demo;

/// <summary>A paint: one colour, or a vertical gradient between two heights in pixels.</summary>
internal readonly record struct Paint(Vector4 Top, Vector4 Bottom, float TopY, float BottomY)
{
    public static implicit operator Paint(Vector4 colour) => new(colour, colour, 0, 1);

    public Vector4 At(float y) => Top == Bottom ? Top : Vector4.Lerp(Top, Bottom, Math.Clamp((y - TopY) / (BottomY - TopY), 0, 1));
}

/// <summary>
/// A small software rasteriser: polygons with exact area coverage (signed areas are summed along each scan line), blended over premultiplied colours.
/// Coordinates are pixels from the top left corner.
/// </summary>
internal sealed class Canvas
{
    private readonly float[] _coverage;
    private readonly int _stride;

    public Canvas(int width, int height)
    {
        Width = width;
        Height = height;
        Pixels = new Vector4[width * height];
        _stride = width + 3;
        _coverage = new float[_stride * height];
    }

    public int Width { get; }

    public int Height { get; }

    public Vector4[] Pixels { get; }

    /// <summary>Fills the whole width between two heights.</summary>
    public void Band(float top, float bottom, Paint paint) => Fill([new(0, top), new(Width, top), new(Width, bottom), new(0, bottom)], paint);

    /// <summary>Fills a closed polygon; it may reach outside of the canvas.</summary>
    public void Fill(ReadOnlySpan<Vector2> points, Paint paint)
    {
        float left = float.MaxValue, right = float.MinValue, top = float.MaxValue, bottom = float.MinValue;
        foreach (Vector2 point in points)
        {
            left = MathF.Min(left, point.X);
            right = MathF.Max(right, point.X);
            top = MathF.Min(top, point.Y);
            bottom = MathF.Max(bottom, point.Y);
        }

        int x0 = Math.Clamp((int)left, 0, Width), x1 = Math.Clamp((int)MathF.Ceiling(right) + 1, 0, Width);
        int y0 = Math.Clamp((int)top, 0, Height), y1 = Math.Clamp((int)MathF.Ceiling(bottom), 0, Height);
        if (points.Length < 3 || x1 <= x0 || y1 <= y0)
        {
            return;
        }

        for (int i = 0; i < points.Length; i++)
        {
            AddEdge(points[i], points[(i + 1) % points.Length]);
        }

        Blend(x0, x1, y0, y1, paint);
    }

    /// <summary>Fills a closed curve through the points (Catmull-Rom).</summary>
    public void FillSmooth(ReadOnlySpan<Vector2> points, Paint paint) => Fill(Smooth(points, 10), paint);

    public void Ellipse(Vector2 centre, float radiusX, float radiusY, Paint paint, float angle = 0) =>
        Fill(EllipsePoints(centre, radiusX, radiusY, angle), paint);

    /// <summary>A straight stroke with round ends.</summary>
    public void Line(Vector2 from, Vector2 to, float width, Paint paint) => Line(from, to, width, width, paint);

    /// <summary>A stroke that changes its width.</summary>
    public void Line(Vector2 from, Vector2 to, float widthFrom, float widthTo, Paint paint)
    {
        Vector2 along = to - from;
        float length = along.Length();
        if (length < 0.01f)
        {
            return;
        }

        float angle = MathF.Atan2(along.Y, along.X);
        Span<Vector2> points = stackalloc Vector2[18];
        for (int i = 0; i < 9; i++)
        {
            float turn = angle + (MathF.PI / 2) + (MathF.PI * i / 8);
            points[i] = from + (new Vector2(MathF.Cos(turn), MathF.Sin(turn)) * widthFrom / 2);
            turn += MathF.PI;
            points[i + 9] = to + (new Vector2(MathF.Cos(turn), MathF.Sin(turn)) * widthTo / 2);
        }

        Fill(points, paint);
    }

    /// <summary>Adds light that falls off to nothing at the radius.</summary>
    public void Glow(Vector2 centre, float radius, Vector4 colour, float power = 2)
    {
        int y0 = Math.Max(0, (int)(centre.Y - radius)), y1 = Math.Min(Height, (int)(centre.Y + radius) + 1);
        int x0 = Math.Max(0, (int)(centre.X - radius)), x1 = Math.Min(Width, (int)(centre.X + radius) + 1);
        for (int y = y0; y < y1; y++)
        {
            for (int x = x0; x < x1; x++)
            {
                float distance = Vector2.Distance(new Vector2(x + 0.5f, y + 0.5f), centre) / radius;
                if (distance < 1)
                {
                    float amount = MathF.Pow(1 - distance, power);
                    ref Vector4 pixel = ref Pixels[(y * Width) + x];
                    Vector4 light = colour * amount;
                    float alpha = MathF.Max(pixel.W, light.W);
                    pixel = Vector4.Min(pixel + light - (pixel * light), Vector4.One);
                    pixel.W = alpha;
                }
            }
        }
    }

    public static Vector2[] EllipsePoints(Vector2 centre, float radiusX, float radiusY, float angle)
    {
        int count = Math.Clamp((int)(MathF.Sqrt(MathF.Max(radiusX, radiusY)) * 6), 12, 160);
        var points = new Vector2[count];
        (float sin, float cos) = MathF.SinCos(angle);
        for (int i = 0; i < count; i++)
        {
            (float s, float c) = MathF.SinCos(MathF.Tau * i / count);
            points[i] = centre + new Vector2((c * radiusX * cos) - (s * radiusY * sin), (c * radiusX * sin) + (s * radiusY * cos));
        }

        return points;
    }

    public static Vector2[] Smooth(ReadOnlySpan<Vector2> points, int steps)
    {
        var curve = new Vector2[points.Length * steps];
        int n = points.Length;
        for (int i = 0; i < n; i++)
        {
            Vector2 p0 = points[(i + n - 1) % n], p1 = points[i], p2 = points[(i + 1) % n], p3 = points[(i + 2) % n];
            for (int s = 0; s < steps; s++)
            {
                float t = s / (float)steps;
                curve[(i * steps) + s] = 0.5f * ((2 * p1) + ((p2 - p0) * t) + (((2 * p0) - (5 * p1) + (4 * p2) - p3) * t * t)
                    + (((3 * p1) - p0 - (3 * p2) + p3) * t * t * t));
            }
        }

        return curve;
    }

    // Sums, for each scan line the edge crosses, how much area of each pixel lies to the right of it, signed by direction.
    private void AddEdge(Vector2 p0, Vector2 p1)
    {
        if (p0.Y == p1.Y)
        {
            return;
        }

        float direction = p0.Y < p1.Y ? 1 : -1;
        (Vector2 upper, Vector2 lower) = p0.Y < p1.Y ? (p0, p1) : (p1, p0);
        float slope = (lower.X - upper.X) / (lower.Y - upper.Y);
        int first = Math.Max(0, (int)MathF.Floor(upper.Y)), last = Math.Min(Height, (int)MathF.Ceiling(lower.Y));
        for (int y = first; y < last; y++)
        {
            float from = MathF.Max(y, upper.Y), to = MathF.Min(y + 1, lower.Y);
            float xa = Math.Clamp(upper.X + ((from - upper.Y) * slope), 0, Width + 1);
            float xb = Math.Clamp(upper.X + ((to - upper.Y) * slope), 0, Width + 1);
            AddSpan(y * _stride, MathF.Min(xa, xb), MathF.Max(xa, xb), (to - from) * direction);
        }
    }

    private void AddSpan(int row, float x0, float x1, float height)
    {
        int left = (int)x0, right = (int)x1;
        if (left == right)
        {
            float middle = ((x0 + x1) / 2) - left;
            _coverage[row + left] += height * (1 - middle);
            _coverage[row + left + 1] += height * middle;
            return;
        }

        // The area right of the edge grows along the crossed pixels as the integral of a ramp.
        float per = height / (x1 - x0);
        float before = 0;
        for (int x = left; x <= right; x++)
        {
            float reach = MathF.Min(x + 1, x1) - x0;
            float started = MathF.Max(x - x0, 0);
            float area = (per * ((reach * reach) - (started * started)) / 2) + (x + 1 > x1 ? height * (x + 1 - x1) : 0);
            _coverage[row + x] += area - before;
            before = area;
        }

        _coverage[row + right + 1] += height - before;
    }

    private void Blend(int x0, int x1, int y0, int y1, Paint paint)
    {
        for (int y = y0; y < y1; y++)
        {
            Vector4 colour = paint.At(y + 0.5f);
            float sum = 0;
            Span<float> row = _coverage.AsSpan(y * _stride, _stride);
            Span<Vector4> pixels = Pixels.AsSpan(y * Width, Width);
            for (int x = x0; x < x1; x++)
            {
                sum += row[x];
                float coverage = MathF.Min(MathF.Abs(sum), 1);
                if (coverage > 0.002f)
                {
                    Vector4 source = colour * coverage;
                    pixels[x] = source + (pixels[x] * (1 - source.W));
                }
            }

            row[Math.Max(0, x0)..].Clear();
        }
    }
}
