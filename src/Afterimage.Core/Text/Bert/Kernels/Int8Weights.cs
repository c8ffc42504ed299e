namespace Afterimage.Text.Bert.Kernels;

/// <summary>
/// The weights of a linear layer in 8 bits, packed as <see cref="Int8Panel"/> wants them, with a scale and a correction per output. The memory may be
/// its own or a mapped file's; the layout is the same for every kernel.
/// </summary>
internal sealed unsafe class Int8Weights
{
    private readonly object? _owner;

    private Int8Weights(object? owner, byte* start, int inputs, int outputs)
    {
        _owner = owner;
        (Inputs, Outputs) = (inputs, outputs);
        Weights = (sbyte*)start;
        Scales = (float*)(start + PackedBytes(inputs, outputs));
        Corrections = (int*)(Scales + Padded(outputs));
    }

    /// <summary>Whose memory it is: a <see cref="NativeBuffer"/> or a mapped file.</summary>
    public object? Owner => _owner;

    public int Inputs { get; }

    public int Outputs { get; }

    public sbyte* Weights { get; }

    public float* Scales { get; }

    public int* Corrections { get; }

    public static int StepsOf(int inputs) => (inputs + Int8Panel.StepInputs - 1) / Int8Panel.StepInputs;

    /// <summary>Bytes of the whole: packed weights, then scales, then corrections.</summary>
    public static long TotalBytes(int inputs, int outputs) => PackedBytes(inputs, outputs) + (long)Padded(outputs) * (sizeof(float) + sizeof(int));

    /// <summary>A view of memory that was packed before; <paramref name="owner"/> is kept alive.</summary>
    public static Int8Weights At(object owner, byte* start, int inputs, int outputs) => new(owner, start, inputs, outputs);

    /// <summary>Turns, rounds and packs weights (outputs x inputs) into <paramref name="target"/>, which must be zeroed.</summary>
    public static void Pack(ReadOnlySpan<float> weight, int inputs, int outputs, byte* target)
    {
        var packed = new Int8Weights(null, target, inputs, outputs);
        using var buffer = new NativeBuffer(3L * inputs * sizeof(float));
        float* signs = buffer.Floats, row = signs + inputs, turned = row + inputs;
        Rotation.Signs(new Span<float>(signs, inputs));
        for (int o = 0; o < outputs; o++)
        {
            weight.Slice(o * inputs, inputs).CopyTo(new Span<float>(row, inputs));
            Rotation.Apply(row, signs, turned, inputs);
            packed.PackRow(o, new ReadOnlySpan<float>(turned, inputs), Rotation.ScaleOf(inputs));
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

    private static long PackedBytes(int inputs, int outputs) => (long)Padded(outputs) * StepsOf(inputs) * Int8Panel.StepInputs;

    private static int Padded(int outputs) => (outputs + Int8Panel.Width - 1) / Int8Panel.Width * Int8Panel.Width;
}
