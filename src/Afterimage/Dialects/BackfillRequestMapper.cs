using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Afterimage.Backfill;
using Afterimage.Backfill.Extraction;
using Afterimage.Images;
using Afterimage.Requests;

namespace Afterimage.Dialects;

/// <summary>
/// Makes the image request that the Pollinations dialect would have read, so that adopted images are found by its requests. Of a tool's settings only those
/// count that such a request can name; its sampler and steps are not asked for by anyone.
/// </summary>
internal sealed class BackfillRequestMapper(PollinationsDialect dialect) : IRequestMapper
{
    private static readonly string[] OfTools = ["model", "negative_prompt", "seed"];

    public ImageRequest? Map(Extracted extracted, ImageReport image, Hash256 content, out string? reason)
    {
        var target = new StringBuilder("/prompt/").Append(Uri.EscapeDataString(Sound(extracted.Prompt)));
        char separator = '?';
        bool seed = false;
        foreach ((string name, string value) in extracted.Parameters)
        {
            if (!extracted.IsRequest && !OfTools.Contains(name))
            {
                continue;
            }

            // A random or unknown seed is stood in for by the picture itself: requests that name no seed find it, none that names one does by mistake.
            bool random = name == "seed" && value == "-1";
            seed |= name == "seed" && value.Length > 0;
            Add(name, random ? SeedOf(content) : value);
        }

        if (!extracted.IsRequest)
        {
            Add("width", image.Width.ToString(CultureInfo.InvariantCulture));
            Add("height", image.Height.ToString(CultureInfo.InvariantCulture));
            if (!seed)
            {
                Add("seed", SeedOf(content));
            }
        }

        DialectReading reading = dialect.Read(new RequestTarget(target.ToString()), "");
        reason = reading.Request is null ? $"not cacheable: {reading.Bypass ?? "no request of the dialect"}" : null;
        return reading.Request;

        void Add(string name, string value)
        {
            target.Append(separator).Append(Uri.EscapeDataString(Sound(name))).Append('=').Append(Uri.EscapeDataString(Sound(value)));
            separator = '&';
        }
    }

    private static string SeedOf(Hash256 content)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        content.WriteTo(bytes);
        return (BinaryPrimitives.ReadUInt32BigEndian(bytes) & int.MaxValue).ToString(CultureInfo.InvariantCulture);
    }

    // Damaged metadata can hold lone surrogates, which have no place in a URL.
    private static string Sound(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
