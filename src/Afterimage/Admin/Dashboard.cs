namespace Afterimage.Admin;

/// <summary>The page at <c>/_afterimage/</c>, embedded in the program.</summary>
internal static class Dashboard
{
    public static IEnumerable<AdminEndpoint> Endpoints => [new("GET", "", (context, _) => PageAsync(context))];

    private static async Task PageAsync(HttpContext context)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self'; connect-src 'self'";
        await using Stream page = typeof(Dashboard).Assembly.GetManifestResourceStream("dashboard.html")!;
        await page.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
