namespace Afterimage.Demo;

/// <summary>Smooth value noise, and sums of octaves of it.</summary>
internal sealed class DemoNoise(ulong seed)
{
    private readonly uint _seed = (uint)(seed ^ (seed >> 32));

    /// <summary>-1 to 1, one cell a unit.</summary>
    public float At(float x, float y)
    {
        float fx = MathF.Floor(x), fy = MathF.Floor(y);
        int ix = (int)fx, iy = (int)fy;
        float tx = x - fx, ty = y - fy;
        tx = tx * tx * (3 - (2 * tx));
        ty = ty * ty * (3 - (2 * ty));
        float top = Corner(ix, iy) + ((Corner(ix + 1, iy) - Corner(ix, iy)) * tx);
        float bottom = Corner(ix, iy + 1) + ((Corner(ix + 1, iy + 1) - Corner(ix, iy + 1)) * tx);
        return top + ((bottom - top) * ty);
    }

    public float Octaves(float x, float y, int count)
    {
        float sum = 0, weight = 0.5f;
        for (int i = 0; i < count; i++)
        {
            sum += weight * At(x, y);
            (x, y, weight) = (x * 2.03f, y * 2.03f, weight / 2);
        }

        return sum;
    }

    private float Corner(int x, int y)
    {
        uint h = ((uint)x * 0x85EBCA6Bu) ^ ((uint)y * 0xC2B2AE35u) ^ _seed;
        h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
        h = (h ^ (h >> 12)) * 0x297A2D39u;
        return ((h >> 8) / (float)(1 << 23)) - 1;
    }
}
