using Afterimage.Cloud;
using Xunit;

namespace Afterimage.Tests.Cloud;

public sealed class ExactCosineTests
{
    [Fact]
    public void Fast_and_obvious_cosine_agree()
    {
        for (int dimensions = 1; dimensions < 70; dimensions++)
        {
            float[] a = Vectors.Unit(dimensions, dimensions), b = Vectors.Unit(dimensions + 1_000, dimensions);
            double dot = a.Zip(b, (x, y) => (double)x * y).Sum();
            double norms = Math.Sqrt(a.Sum(x => (double)x * x) * b.Sum(x => (double)x * x));
            Assert.Equal(dot / norms, ExactCosine.Of(a, b), 1e-7);
        }
    }

    [Fact]
    public void Nothing_is_near_a_vector_of_zeros() => Assert.Equal(0, ExactCosine.Of(new float[5], Vectors.Unit(1, 5)));
}
