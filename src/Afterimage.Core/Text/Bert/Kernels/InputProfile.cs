namespace Afterimage.Text.Bert.Kernels;

/// <summary>What a dense layer's inputs look like over a few texts.</summary>
/// <param name="Center">What they are on average, one number per input.</param>
/// <param name="Outliers">Those that vary far more than the others, at most <see cref="OutlierColumns.Max"/>.</param>
internal sealed record InputProfile(float[] Center, int[] Outliers);
