using Afterimage.Text.Bert.Kernels;
using Xunit;

namespace Afterimage.Tests.Text.Bert;

public sealed unsafe class KernelTests
{
    public static TheoryData<string> Kernels() => [.. TestedKernels.All.Select(k => k.Name)];

    [Fact]
    public void An_unknown_kernel_is_refused_with_those_there_are()
    {
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => DenseKernel.Named("abacus"));
        Assert.Contains("portable", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_8_bit_product_of_any_number_of_rows_is_the_plain_one(string name)
    {
        DenseKernel kernel = TestedKernels.Named(name);
        foreach ((int inputs, int outputs) in ((int, int)[])[(1, 1), (5, 17), (32, 16), (100, 40), (256, 33)])
        {
            var random = new Random(inputs);
            float[] weight = Numbers(random, inputs * outputs), bias = Numbers(random, outputs);
            using var memory = new NativeBuffer(Int8Weights.TotalBytes(inputs, outputs));
            Int8Weights.Pack(weight, bias, new InputProfile(Numbers(random, inputs), [.. Enumerable.Range(0, inputs / 30)]), memory.Start);
            Int8Weights weights = Int8Weights.At(memory, memory.Start, inputs, outputs);
            using var dense = new Int8Dense(kernel, weights);
            using var plain = new Int8Dense(new PortableKernel(), weights);
            for (int rows = 1; rows <= 20; rows++)
            {
                float[] values = Numbers(random, rows * inputs);
                AssertNear(Run(plain, values, rows), Run(dense, values, rows), 1e-5f);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void What_inputs_have_in_common_is_not_rounded(string name)
    {
        const int inputs = 96, outputs = 20;
        var random = new Random(4);
        float[] weight = Numbers(random, inputs * outputs), bias = Numbers(random, outputs), center = Numbers(random, inputs);
        using var memory = new NativeBuffer(Int8Weights.TotalBytes(inputs, outputs));
        Int8Weights.Pack(weight, bias, new InputProfile(center, []), memory.Start);
        using var dense = new Int8Dense(TestedKernels.Named(name), Int8Weights.At(memory, memory.Start, inputs, outputs));
        float[] exact = [.. Enumerable.Range(0, outputs).Select(o => bias[o] + Enumerable.Range(0, inputs).Sum(i => weight[o * inputs + i] * center[i]))];
        AssertNear(exact, Run(dense, center, 1), 1e-5f);
        float[] near = [.. center.Select(x => x + 0.001f * (float)random.NextDouble())];
        AssertNear([.. Enumerable.Range(0, outputs).Select(o => bias[o] + Enumerable.Range(0, inputs).Sum(i => weight[o * inputs + i] * near[i]))], Run(dense, near, 1), 1e-4f);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Outlier_inputs_are_exact_and_take_no_resolution_from_the_others(string name)
    {
        const int inputs = 256, outputs = 40;
        var random = new Random(6);
        float[] weight = Numbers(random, inputs * outputs), bias = Numbers(random, outputs), values = Numbers(random, inputs);
        int[] outliers = [3, 70, 255];
        Array.ForEach(outliers, o => values[o] *= 1e6f);
        using var memory = new NativeBuffer(Int8Weights.TotalBytes(inputs, outputs));
        Int8Weights.Pack(weight, bias, new InputProfile(Numbers(random, inputs), outliers), memory.Start);
        using var dense = new Int8Dense(TestedKernels.Named(name), Int8Weights.At(memory, memory.Start, inputs, outputs));
        float[] loud = Run(dense, values, 1);
        double[] fromOutliers = [.. Enumerable.Range(0, outputs).Select(o => outliers.Sum(i => (double)weight[o * inputs + i] * values[i]))];
        Array.ForEach(outliers, o => values[o] = 0);
        float[] quiet = Run(dense, values, 1);
        Assert.All(Enumerable.Range(0, outputs), o => Assert.Equal(fromOutliers[o] + quiet[o], loud[o], 1.0));
    }

    [Fact]
    public void Columns_that_vary_many_times_as_much_as_the_others_are_outliers()
    {
        double[] variances = [.. Enumerable.Repeat(1.0, 600)];
        Assert.Empty(OutlierColumns.Find(variances));
        (variances[7], variances[50], variances[99]) = (1000, 10, 50);
        Assert.Equal([7, 99], OutlierColumns.Find(variances));
        Assert.Equal(OutlierColumns.Max, OutlierColumns.Find([.. variances.Select((v, i) => i < 20 ? 1e6 : v)]).Length);
        Assert.Empty(OutlierColumns.Find([3]));
        Assert.Empty(OutlierColumns.Find(new double[30]));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_float_product_of_any_number_of_rows_is_the_plain_one(string name)
    {
        foreach ((int inputs, int outputs) in ((int, int)[])[(1, 1), (5, 17), (33, 32), (100, 70)])
        {
            var random = new Random(inputs);
            float[] weight = Numbers(random, inputs * outputs), bias = Numbers(random, outputs);
            using var dense = new Fp32Dense(TestedKernels.Named(name), weight, bias, inputs);
            for (int rows = 1; rows <= 20; rows++)
            {
                float[] values = Numbers(random, rows * inputs);
                float[] expected = new float[rows * outputs];
                for (int i = 0; i < expected.Length; i++)
                {
                    (int row, int output) = (i / outputs, i % outputs);
                    expected[i] = bias[output] + Enumerable.Range(0, inputs).Sum(k => values[row * inputs + k] * weight[output * inputs + k]);
                }

                AssertNear(expected, Run(dense, values, rows), 1e-4f);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_largest_codes_and_weights_do_not_overflow(string name)
    {
        const int inputs = 3072;
        DenseKernel kernel = TestedKernels.Named(name);
        using var memory = new NativeBuffer(Int8Weights.TotalBytes(inputs, 1));
        float[] signs = new float[inputs];
        Rotation.Signs(signs);
        Int8Weights.Pack(signs, [0], new InputProfile(new float[inputs], []), memory.Start);
        using var dense = new Int8Dense(kernel, Int8Weights.At(memory, memory.Start, inputs, 1));
        Assert.Equal(inputs, Run(dense, signs, 1)[0], 1f);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(48)]
    [InlineData(384)]
    [InlineData(768)]
    public void The_rotation_keeps_every_product(int inputs)
    {
        var random = new Random(inputs);
        float[] a = Numbers(random, inputs), b = Numbers(random, inputs);
        double product = a.Zip(b).Sum(p => (double)p.First * p.Second);
        float scale = Rotation.ScaleOf(inputs);
        double turned = Turn(a).Zip(Turn(b)).Sum(p => (double)p.First * p.Second) * scale * scale;
        Assert.Equal(product, turned, 1e-4);
    }

    [Fact]
    public void The_rotation_spreads_a_single_number_over_its_block()
    {
        float[] single = new float[768];
        single[300] = 1;
        float[] turned = Turn(single);
        Assert.Equal(32, turned.Count(x => x != 0));
    }

    [Theory]
    [InlineData(CodeFormat.Unsigned8)]
    [InlineData(CodeFormat.Signed8)]
    [InlineData(CodeFormat.Signed16)]
    public void Codes_round_to_the_nearest_and_zero_stays_zero(object format)
    {
        float[] values = [1, -1, 0.5f, 0, -0.25f, 0.1f, .. new float[60]];
        byte[] codes = new byte[2 * values.Length];
        float scale;
        fixed (float* source = values)
        fixed (byte* target = codes)
        {
            scale = RowOperations.Quantize(source, values.Length, target, (CodeFormat)format);
        }

        int Code(int i) => (CodeFormat)format switch
        {
            CodeFormat.Unsigned8 => codes[i] - 128,
            CodeFormat.Signed8 => (sbyte)codes[i],
            _ => BitConverter.ToInt16(codes, 2 * i),
        };
        Assert.Equal([127, -127, 64, 0, -32, 13, 0], Enumerable.Range(0, 7).Select(Code));
        Assert.Equal(1 / 127f, scale, 1e-9f);
    }

    [Fact]
    public void Gelu_and_the_exponential_are_exact_to_a_float()
    {
        for (float x = -12; x < 12; x += 0.0137f)
        {
            double expected = 0.5 * x * (1 + Afterimage.Text.Bert.PlainBertEncoder.Erf(x / Math.Sqrt(2)));
            Assert.Equal(expected, VectorMath.Gelu(new System.Numerics.Vector<float>(x))[0], 1.5e-6);
            Assert.Equal(1, VectorMath.Exp(new System.Numerics.Vector<float>(x))[0] / Math.Exp(x), 5e-7);
        }
    }

    private static float[] Turn(float[] values)
    {
        float[] signs = new float[values.Length], zeros = new float[values.Length], turned = new float[values.Length];
        Rotation.Signs(signs);
        fixed (float* s = signs)
        fixed (float* v = values)
        fixed (float* z = zeros)
        fixed (float* t = turned)
        {
            Rotation.Apply(v, z, s, t, values.Length);
        }

        return turned;
    }

    private static float[] Run(DenseLayer dense, float[] values, int rows)
    {
        int codeStride = (dense.Inputs + 63) / 64 * 64 * 2;
        using var memory = new NativeBuffer(rows * (codeStride + 4L * (dense.PaddedOutputs + 1 + OutlierColumns.Max)) + 4L * dense.Inputs);
        byte* codes = memory.Start;
        float* scales = (float*)(codes + rows * codeStride), outliers = scales + rows, outputs = outliers + rows * OutlierColumns.Max;
        float* scratch = outputs + rows * dense.PaddedOutputs;
        fixed (float* inputs = values)
        {
            var activations = new Activations(inputs, dense.Inputs, codes, codeStride, scales, outliers);
            for (int row = 0; row < rows; row++)
            {
                dense.Prepare(inputs + row * dense.Inputs, activations, row, scratch);
            }

            dense.Multiply(activations, rows, 0, dense.Panels, outputs, dense.PaddedOutputs);
        }

        return [.. Enumerable.Range(0, rows * dense.Outputs).Select(i => outputs[i / dense.Outputs * dense.PaddedOutputs + i % dense.Outputs])];
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];

    private static void AssertNear(float[] expected, float[] got, float tolerance) =>
        Assert.All(expected.Zip(got), p => Assert.Equal(p.First, p.Second, tolerance * Math.Max(1, MathF.Abs(p.First))));
}
