using Afterimage.Vectors;
using Afterimage.Vectors.Kernels;
using Xunit;

namespace Afterimage.Tests.Vectors;

public sealed class QuantizerTests
{
    public static TheoryData<int> Lengths => [1, 3, 48, 64, 65, 100, 256, 384, 768, 832, 1000, 1021, 1536, 4096];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Rotation_keeps_dot_products_and_norms(int dimensions)
    {
        int length = (dimensions + 63) / 64 * 64;
        var rotation = new Rotation(length);
        var random = new Random(dimensions);
        float[] a = Padded(VectorData.Unit(random, dimensions), length);
        float[] b = Padded(VectorData.Unit(random, dimensions), length);
        double before = Dot(a, b);

        rotation.Apply(a);
        rotation.Apply(b);

        Assert.Equal(1, Dot(a, a), 1e-5);
        Assert.Equal(before, Dot(a, b), 1e-5);
    }

    [Fact]
    public void Rotation_spreads_a_single_component_over_the_row()
    {
        float[] vector = new float[768];
        vector[17] = 1;

        new Rotation(768).Apply(vector);

        Assert.True(vector.Max(Math.Abs) < 0.2f);
        Assert.InRange(vector.Take(288).Sum(x => x * x), 0.1f, 0.6f);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void The_error_bound_holds_for_every_kind_of_vector(int dimensions)
    {
        var quantizer = new Quantizer(dimensions);
        var random = new Random(dimensions);
        float[][] vectors =
        [
            new float[dimensions],
            VectorData.Axis(dimensions, 0),
            VectorData.Axis(dimensions, dimensions - 1),
            VectorData.Normalized([.. Enumerable.Repeat(1f, dimensions)]),
            VectorData.Normalized([.. Enumerable.Range(0, dimensions).Select(i => i == 3 ? 100f : random.NextSingle())]),
            .. Enumerable.Range(0, 20).Select(_ => VectorData.Unit(random, dimensions)),
        ];
        byte[] row = new byte[quantizer.Length];
        sbyte[] query = new sbyte[quantizer.Length];
        foreach (float[] x in vectors)
        {
            RowScale rowScale = quantizer.Encode(x, row);
            foreach (float[] q in vectors)
            {
                RowScale queryScale = quantizer.EncodeQuery(q, query);
                double whole = Enumerable.Range(0, quantizer.Length).Sum(i => (row[i] - 128.0) * query[i]) * rowScale.Scale * queryScale.Scale;
                double head = Enumerable.Range(0, quantizer.HeadLength).Sum(i => (row[i] - 128.0) * query[i]) * rowScale.Scale * queryScale.Scale;
                double bound = queryScale.Error + ((1 + queryScale.Error) * rowScale.Error) + Quantizer.Slack;
                Assert.InRange(whole - Dot(x, q), -bound, bound);
                Assert.True(head + (rowScale.TailNorm * queryScale.TailNorm) + bound >= Dot(x, q));
            }
        }
    }

    [Theory]
    [InlineData(256)]
    [InlineData(768)]
    public void Codes_tell_near_duplicates_apart(int dimensions)
    {
        var quantizer = new Quantizer(dimensions);
        var random = new Random(dimensions);
        float[] centre = VectorData.Unit(random, dimensions);
        float[][] alike = [.. Enumerable.Range(0, 200).Select(_ => VectorData.Near(random, centre, 0.05f))];
        byte[] row = new byte[quantizer.Length];
        sbyte[] query = new sbyte[quantizer.Length];
        foreach ((float[] x, float[] q) in alike.Zip(alike.Skip(1)))
        {
            RowScale rowScale = quantizer.Encode(x, row);
            RowScale queryScale = quantizer.EncodeQuery(q, query);
            double coded = Enumerable.Range(0, quantizer.Length).Sum(i => (row[i] - 128.0) * query[i]) * rowScale.Scale * queryScale.Scale;

            // What a code leaves out of one does not count for what both have in common.
            double apart = 1 - Dot(x, q);
            Assert.InRange(1 - coded, 0.9 * apart, 1.1 * apart);
        }
    }

    [Fact]
    public void Half_conversion_is_that_of_the_runtime_for_every_float_of_a_unit_vector()
    {
        var random = new Random(5);
        float[] values =
        [
            0, -0f, 1, -1, 6.103515625e-5f, 6.1e-5f, 5.96e-8f, 2.98e-8f, 2.99e-8f, 1e-9f, 0.99975586f, 0.33325195f, 0.000030517578f,
            .. Enumerable.Range(0, 100_003).Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-9, 1))),
        ];
        Half[] halves = new Half[values.Length];
        float[] back = new float[values.Length];

        HalfVectors.FromSingle(values, halves);
        HalfVectors.ToSingle(halves, back);

        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)values[i]), BitConverter.HalfToUInt16Bits(halves[i]));
            Assert.Equal((float)halves[i], back[i]);
        }
    }

    [Theory]
    [InlineData(1e-30f)]
    [InlineData(1e-7f)]
    [InlineData(3f)]
    [InlineData(1e30f)]
    public void Vectors_of_any_length_become_unit_vectors(float factor)
    {
        float[] vector = [.. VectorData.Unit(new Random(1), 100).Select(x => x * factor)];
        float[] unit = new float[100];

        UnitVectors.Normalize(vector, unit);

        Assert.Equal(1, Dot(unit, unit), 1e-5);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_component_that_is_not_finite_is_refused(float bad)
    {
        float[] vector = VectorData.Unit(new Random(1), 21);
        vector[^1] = bad;
        Assert.Throws<ArgumentException>(() => UnitVectors.RequireFinite(vector, "vector"));
        UnitVectors.RequireFinite([.. Enumerable.Repeat(3e38f, 21)], "vector");
    }

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();

    private static float[] Padded(float[] vector, int length) => [.. vector, .. new float[length - vector.Length]];
}
