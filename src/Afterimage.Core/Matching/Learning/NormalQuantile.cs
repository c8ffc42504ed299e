namespace Afterimage.Matching.Learning;

/// <summary>Inverse of the normal distribution function: Acklam's rational approximation, relative error below 1.2e-9.</summary>
internal static class NormalQuantile
{
    private static readonly double[] A = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.3577518672690, -30.66479806614716, 2.506628277459239];
    private static readonly double[] B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
    private static readonly double[] C =
        [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
    private static readonly double[] D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
    private const double TailBegins = 0.02425;

    /// <param name="p">Above 0 and below 1.</param>
    public static double Of(double p)
    {
        if (p > 0.5)
        {
            return -Of(1 - p);
        }

        if (p < TailBegins)
        {
            double t = Math.Sqrt(-2 * Math.Log(p));
            return Polynomial(C, t) / Polynomial(D, t);
        }

        double q = p - 0.5;
        return q * Polynomial(A, q * q) / Polynomial(B, q * q);
    }

    private static double Polynomial(double[] coefficients, double x)
    {
        double sum = 0;
        foreach (double c in coefficients)
        {
            sum = (sum * x) + c;
        }

        return sum;
    }
}
