using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Afterimage.Demo;

/// <summary>
/// An image service like Pollinations, drawn by <see cref="DemoPainter"/>: <c>GET /prompt/{prompt}?width&amp;height&amp;seed&amp;model&amp;transparent</c> and
/// <c>/models</c>, slow on purpose, with the headers and the errors of the real one.
/// </summary>
internal static class DemoOrigin
{
    private const int SideMin = 16;
    private const int SideDefault = 1024;
    private const long SeedDefault = 42;
    private const int PieceBytes = 16 << 10;

    private static readonly string[] Models = ["flux", "turbo", "demo"];

    public static void Map(IEndpointRouteBuilder endpoints, DemoOriginOptions? options = null)
    {
        options ??= new DemoOriginOptions();
        var gate = new SemaphoreSlim(options.ConcurrencyMax);
        RequestDelegate draw = context => DrawAsync(context, options, gate);
        endpoints.MapMethods("/prompt/{**prompt}", [HttpMethods.Get, HttpMethods.Head], draw);
        endpoints.MapMethods("/image/{**prompt}", [HttpMethods.Get, HttpMethods.Head], draw);
        endpoints.MapGet("/models", (RequestDelegate)(context => context.Response.WriteAsJsonAsync(Models)));
        endpoints.MapGet("/", (RequestDelegate)(context => context.Response.WriteAsync("Afterimage demo origin: GET /prompt/{prompt}\n")));
    }

    private static async Task DrawAsync(HttpContext context, DemoOriginOptions options, SemaphoreSlim gate)
    {
        IQueryCollection query = context.Request.Query;
        string prompt = PromptOf(context);
        if (prompt.Length == 0 || !TrySide(query["width"], out int width) || !TrySide(query["height"], out int height) || !TrySeed(query["seed"], out long seed))
        {
            string message = prompt.Length == 0 ? "prompt is empty"
                : $"width and height are whole numbers from {SideMin} to {DemoPainter.SideMax}, seed is a whole number from -1";
            await RefuseAsync(context, message);
            return;
        }

        string model = query["model"] is [{ Length: > 0 } named] ? named : Models[0];
        HttpResponse response = context.Response;
        response.ContentType = "image/png";
        response.Headers["x-model-used"] = Encoding.ASCII.GetString(Encoding.ASCII.GetBytes(new string([.. model.Where(c => !char.IsControl(c))])));
        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        response.Headers.ContentDisposition = $"inline; filename=\"{Slug(prompt)}.png\"";
        response.Headers.AccessControlAllowOrigin = "*";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        bool transparent = string.Equals(query["transparent"], "true", StringComparison.OrdinalIgnoreCase);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        byte[] image;
        await gate.WaitAsync(context.RequestAborted);
        try
        {
            image = await Task.Run(() => DemoPainter.Paint(prompt, seed, width, height, transparent), context.RequestAborted);
        }
        finally
        {
            gate.Release();
        }

        await SendSlowlyAsync(context, image, options.Delay, clock);
    }

    // Most of the delay comes before the first byte, the rest between the pieces, as with a real generator behind a proxy.
    private static async Task SendSlowlyAsync(HttpContext context, byte[] image, TimeSpan delay, System.Diagnostics.Stopwatch clock)
    {
        CancellationToken aborted = context.RequestAborted;
        int pieces = (image.Length + PieceBytes - 1) / PieceBytes;
        for (int i = 0; i < pieces; i++)
        {
            TimeSpan due = delay * (0.8 + (0.2 * (i + 1) / pieces));
            TimeSpan wait = due - clock.Elapsed;
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, aborted);
            }

            int start = i * PieceBytes;
            await context.Response.Body.WriteAsync(image.AsMemory(start, Math.Min(PieceBytes, image.Length - start)), aborted);
            await context.Response.Body.FlushAsync(aborted);
        }
    }

    private static Task RefuseAsync(HttpContext context, string message)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.Headers["X-Error-Type"] = "Bad Request";
        return context.Response.WriteAsJsonAsync(new { error = "Bad Request", message });
    }

    // From the raw target: routing decodes some escapes and keeps others, and a prompt may hold encoded slashes.
    private static string PromptOf(HttpContext context)
    {
        string target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        int query = target.IndexOf('?', StringComparison.Ordinal);
        string path = query < 0 ? target : target[..query];
        int second = path.Length > 1 ? path.IndexOf('/', 1) : -1;
        return second < 0 ? "" : Uri.UnescapeDataString(path[(second + 1)..]).Trim();
    }

    private static bool TrySide(string? text, out int side)
    {
        side = SideDefault;
        return string.IsNullOrEmpty(text)
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side) && side is >= SideMin and <= DemoPainter.SideMax);
    }

    private static bool TrySeed(string? text, out long seed)
    {
        seed = SeedDefault;
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        bool sound = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out seed) && seed >= -1;
        seed = seed == -1 ? RandomNumberGenerator.GetInt32(int.MaxValue) : seed;
        return sound;
    }

    private static string Slug(string prompt)
    {
        var slug = new StringBuilder();
        foreach (char c in prompt)
        {
            if (slug.Length == 60)
            {
                break;
            }

            slug.Append(char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : slug.Length > 0 && slug[^1] != '-' ? '-' : "");
        }

        return slug.ToString().Trim('-') is { Length: > 0 } name ? name : "image";
    }
}
