namespace Afterimage.Text.Bert.Kernels;

/// <summary>
/// The weights of a linear layer in 8 bits, packed as <see cref="Int8Panel"/> wants them, with a scale, a correction and a bias per output. The memory
/// may be its own or a mapped file's; the layout is the same for every kernel.
/// <para>
/// Inputs are centred: y = W·x + b is computed as W·(x - c) + (W·c + b), c being about what the inputs are on average. The second term is exact and part of
/// <see cref="Bias"/>; only the first is rounded, and where tokens have much in common, as in deep layers they have, it is several times smaller than x.
/// The columns of <see cref="Outliers"/> are not rounded at all: their weights stay floats.
/// </para>
/// </summary>
internal sealed unsafe class Int8Weights
{
    private readonly object? _owner;
    private readonly int* _outliers;

    private Int8Weights(object? owner, byte* start, int inputs, int outputs)
    {
        _owner = owner;
        (Inputs, Outputs) = (inputs, outputs);
        Weights = (sbyte*)start;
        Scales = (float*)(start + PackedBytes(inputs, outputs));
        Corrections = (int*)(Scales + Padded(outputs));
        Bias = (float*)(Corrections + Padded(outputs));
        Center = Bias + Padded(outputs);
        OutlierWeights = Center + inputs;
        _outliers = (int*)(OutlierWeights + Padded(outputs) * OutlierColumns.Max);
    }

    /// <summary>Whose memory it is: a <see cref="NativeBuffer"/> or a mapped file.</summary>
    public object? Owner => _owner;

    public int Inputs { get; }

    public int Outputs { get; }

    public sbyte* Weights { get; }

    public float* Scales { get; }

    public int* Corrections { get; }

    /// <summary>W·c + b.</summary>
    public float* Bias { get; }

    /// <summary>c, one number per input.</summary>
    public float* Center { get; }

    public static int StepsOf(int inputs) => (inputs + Int8Panel.StepInputs - 1) / Int8Panel.StepInputs;

    /// <summary>Inputs that are multiplied in floats.</summary>
    public ReadOnlySpan<int> Outliers => new(_outliers + 1, *_outliers);

    /// <summary>For each panel of outputs <see cref="OutlierColumns.Max"/> columns of <see cref="Int8Panel.Width"/> floats.</summary>
    public float* OutlierWeights { get; }

    /// <summary>Bytes of the whole: packed weights, scales, corrections, bias, centre, weights of outliers, number of outliers and their places.</summary>
    public static long TotalBytes(int inputs, int outputs) =>
        PackedBytes(inputs, outputs) + (long)Padded(outputs) * (sizeof(float) + sizeof(int) + sizeof(float)) + inputs * sizeof(float)
        + (long)Padded(outputs) * OutlierColumns.Max * sizeof(float) + (1 + OutlierColumns.Max) * sizeof(int);

    /// <summary>A view of memory that was packed before; <paramref name="owner"/> is kept alive.</summary>
    public static Int8Weights At(object owner, byte* start, int inputs, int outputs) => new(owner, start, inputs, outputs);

    /// <summary>Turns, rounds and packs a layer into <paramref name="target"/>, which must be zeroed.</summary>
    /// <param name="weight">Outputs x inputs.</param>
    /// <param name="bias">One number per output.</param>
    /// <param name="input">What is known of the inputs. Anything is right; good numbers make the rounding finer.</param>
    /// <param name="target">Where to.</param>
    public static void Pack(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, InputProfile input, byte* target)
    {
        (int inputs, int outputs) = (input.Center.Length, bias.Length);
        var packed = new Int8Weights(null, target, inputs, outputs);
        input.Center.CopyTo(new Span<float>(packed.Center, inputs));
        *packed._outliers = input.Outliers.Length;
        input.Outliers.CopyTo(new Span<int>(packed._outliers + 1, OutlierColumns.Max));
        using var buffer = new NativeBuffer(4L * inputs * sizeof(float));
        float* signs = buffer.Floats, row = signs + inputs, turned = row + inputs, zeros = turned + inputs;
        packed.Signs(new Span<float>(signs, inputs));
        for (int o = 0; o < outputs; o++)
        {
            ReadOnlySpan<float> values = weight.Slice(o * inputs, inputs);
            values.CopyTo(new Span<float>(row, inputs));
            Rotation.Apply(row, zeros, signs, turned, inputs);
            packed.PackRow(o, new ReadOnlySpan<float>(turned, inputs), Rotation.ScaleOf(inputs));
            packed.Bias[o] = (float)(bias[o] + Dot(values, input.Center));
            float* outlierWeights = packed.OutlierWeights + (nint)(o / Int8Panel.Width) * Int8Panel.Width * OutlierColumns.Max + o % Int8Panel.Width;
            for (int i = 0; i < input.Outliers.Length; i++)
            {
                outlierWeights[i * Int8Panel.Width] = values[input.Outliers[i]];
            }
        }
    }

    /// <summary>The signs of the rotation, 0 for outliers, which drop out of the 8-bit product that way.</summary>
    public void Signs(Span<float> signs)
    {
        Rotation.Signs(signs);
        foreach (int outlier in Outliers)
        {
            signs[outlier] = 0;
        }
    }

    private void PackRow(int output, ReadOnlySpan<float> values, float scaleOfRotation)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = MathF.Max(largest, MathF.Abs(value));
        }

        float inverse = largest > 0 ? 127 / largest : 0;
        sbyte* packed = Weights + (nint)(output / Int8Panel.Width) * StepsOf(Inputs) * Int8Panel.Width * Int8Panel.StepInputs
            + output % Int8Panel.Width * Int8Panel.StepInputs;
        int sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            int code = (int)MathF.Round(values[i] * inverse);
            packed[(nint)(i / Int8Panel.StepInputs) * Int8Panel.Width * Int8Panel.StepInputs + i % Int8Panel.StepInputs] = (sbyte)code;
            sum += code;
        }

        // Both sides of the product are turned without the rotation's scale, which is therefore applied twice here.
        Scales[output] = largest / 127 * scaleOfRotation * scaleOfRotation;
        Corrections[output] = -128 * sum;
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
        }

        return dot;
    }

    private static long PackedBytes(int inputs, int outputs) => (long)Padded(outputs) * StepsOf(inputs) * Int8Panel.StepInputs;

    private static int Padded(int outputs) => (outputs + Int8Panel.Width - 1) / Int8Panel.Width * Int8Panel.Width;
}
