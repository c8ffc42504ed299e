namespace Afterimage.Vectors.Kernels;

/// <summary>The definition, one product after the other.</summary>
internal sealed unsafe class ScalarKernel : DotKernel
{
    public override string Name => "scalar";

    public override void Dots(byte** rows, int count, sbyte* query, int offset, int length, int* sums)
    {
        for (int i = 0; i < count; i++)
        {
            int sum = 0;
            for (int j = offset; j < offset + length; j++)
            {
                sum += rows[i][j] * query[j];
            }

            sums[i] = sum;
        }
    }
}
