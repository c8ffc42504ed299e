namespace Afterimage.Tools.WordVectors;

/// <summary>
/// The strongest directions of a sparse, nearly symmetric matrix by randomised subspace iteration (Halko, Martinsson and Tropp 2011), written so that every
/// run on every machine gives the same numbers.
/// </summary>
internal static class TruncatedSvd
{
    private const int Oversampling = 32;
    private const int Iterations = 4;

    /// <summary>Rows of word vectors: left singular directions scaled by the root of their strength.</summary>
    public static float[][] Of(Cooccurrence matrix, int dimensions, TextWriter log)
    {
        int width = dimensions + Oversampling;
        var random = new Random(20260101);
        float[][] basis = Rows(matrix.Size, width);
        foreach (float[] row in basis)
        {
            for (int i = 0; i < width; i++)
            {
                row[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble()) - 1.5);
            }
        }

        for (int round = 0; round < Iterations; round++)
        {
            basis = Multiply(matrix, basis, width);
            Orthonormalize(basis, width);
            log.WriteLine($"svd round {round + 1} of {Iterations}");
        }

        // Rayleigh-Ritz: the small matrix basis' A basis tells the directions inside the subspace.
        float[][] image = Multiply(matrix, basis, width);
        double[,] small = new double[width, width];
        for (int r = 0; r < basis.Length; r++)
        {
            for (int i = 0; i < width; i++)
            {
                double x = basis[r][i];
                for (int j = 0; j < width; j++)
                {
                    small[i, j] += x * image[r][j];
                }
            }
        }

        Symmetrize(small, width);
        (double[] values, double[,] directions) = JacobiEigen.Of(small, width);
        int[] order = [.. Enumerable.Range(0, width).OrderByDescending(i => Math.Abs(values[i])).Take(dimensions)];
        float[][] result = Rows(basis.Length, dimensions);
        Parallel.For(0, basis.Length, r =>
        {
            for (int k = 0; k < dimensions; k++)
            {
                double sum = 0;
                for (int i = 0; i < width; i++)
                {
                    sum += basis[r][i] * directions[i, order[k]];
                }

                result[r][k] = (float)(sum * Math.Sqrt(Math.Abs(values[order[k]])));
            }
        });
        return result;
    }

    private static float[][] Multiply(Cooccurrence matrix, float[][] right, int width)
    {
        float[][] product = Rows(matrix.Size, width);
        Parallel.For(0, matrix.Size, r =>
        {
            for (int e = matrix.RowStarts[r]; e < matrix.RowStarts[r + 1]; e++)
            {
                FixedOrder.Add(right[matrix.Columns[e]], matrix.Values[e], product[r]);
            }
        });
        return product;
    }

    // Cholesky of the Gram matrix, in doubles, twice: as good as Gram-Schmidt and walks the rows in memory order.
    private static void Orthonormalize(float[][] basis, int width)
    {
        for (int pass = 0; pass < 2; pass++)
        {
            double[,] gram = new double[width, width];
            foreach (float[] row in basis)
            {
                for (int i = 0; i < width; i++)
                {
                    double x = row[i];
                    for (int j = 0; j <= i; j++)
                    {
                        gram[i, j] += x * row[j];
                    }
                }
            }

            Cholesky(gram, width);
            Parallel.ForEach(basis, row =>
            {
                for (int i = 0; i < width; i++)
                {
                    double sum = row[i];
                    for (int j = 0; j < i; j++)
                    {
                        sum -= gram[i, j] * row[j];
                    }

                    row[i] = (float)(sum / gram[i, i]);
                }
            });
        }
    }

    private static void Cholesky(double[,] a, int n)
    {
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = a[i, j];
                for (int k = 0; k < j; k++)
                {
                    sum -= a[i, k] * a[j, k];
                }

                a[i, j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / a[j, j];
            }
        }
    }

    private static void Symmetrize(double[,] a, int n)
    {
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < i; j++)
            {
                a[i, j] = a[j, i] = (a[i, j] + a[j, i]) / 2;
            }
        }
    }

    private static float[][] Rows(int count, int width) => [.. Enumerable.Range(0, count).Select(_ => new float[width])];
}
