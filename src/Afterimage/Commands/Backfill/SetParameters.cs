using Afterimage.Backfill;
using Afterimage.Backfill.Extraction;
using Afterimage.Images;
using Afterimage.Requests;

namespace Afterimage.Commands.Backfill;

/// <summary>Applies <c>--set</c> where there is no job that does it.</summary>
internal sealed class SetParameters(IRequestMapper inner, Dictionary<string, string> set) : IRequestMapper
{
    public ImageRequest? Map(Extracted extracted, ImageReport image, Hash256 content, out string? reason) =>
        inner.Map(set.Count == 0 ? extracted : extracted with { Parameters = [.. extracted.Parameters.Where(p => !set.ContainsKey(p.Key)), .. set] }, image, content, out reason);
}
