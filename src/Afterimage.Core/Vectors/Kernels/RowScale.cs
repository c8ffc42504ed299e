namespace Afterimage.Vectors.Kernels;

/// <summary>What a row of 8-bit codes needs to become a similarity with a proven error.</summary>
/// <param name="Scale">One step of the code in units of the vector, such that the code is as long as the vector.</param>
/// <param name="Error">L2 norm of what the code leaves out, rounded up.</param>
/// <param name="TailNorm">L2 norm of the rotated vector behind the head, rounded up.</param>
internal readonly record struct RowScale(float Scale, float Error, float TailNorm);
