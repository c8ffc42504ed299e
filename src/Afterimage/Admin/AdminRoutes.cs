using System.Text.Json;
using System.Text.Json.Serialization;
using Afterimage.Gateway;

namespace Afterimage.Admin;

/// <summary>Answers under <c>/_afterimage/</c>: finds the endpoint, checks who asks, and writes JSON.</summary>
internal sealed class AdminRoutes(AdminAccess access, IReadOnlyList<AdminEndpoint> endpoints)
{
    private const int BodyBytesMax = 1 << 20;

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new Hash256JsonConverter() },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="path">Below the prefix, for example <c>/entries/01J...</c>.</param>
    public async Task HandleAsync(HttpContext context, string path)
    {
        if (!access.Allows(context))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status401Unauthorized, "admin-closed", "The admin interface answers this machine only, or requests that bring Admin:Token as a bearer token.");
            return;
        }

        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        bool known = false;
        foreach (AdminEndpoint endpoint in endpoints)
        {
            if (!endpoint.Fits(parts, out string? argument))
            {
                continue;
            }

            known = true;
            if (endpoint.Method == context.Request.Method || (endpoint.Method == "GET" && HttpMethods.IsHead(context.Request.Method)))
            {
                context.Response.Headers.CacheControl = "no-store";
                await endpoint.Handle(context, argument ?? "");
                return;
            }
        }

        await (known
            ? ErrorAnswers.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "method", $"{context.Request.Method} is not for this admin path.")
            : ErrorAnswers.WriteAsync(context, StatusCodes.Status404NotFound, "no-such-endpoint", "There is no such admin path; see docs/operations.md."));
    }

    public static Task WriteJsonAsync(HttpContext context, object value, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, value.GetType(), Json, context.RequestAborted);
    }

    /// <summary>Reads a JSON body; null, with the error answered, where it is none.</summary>
    public static async Task<T?> ReadJsonAsync<T>(HttpContext context)
        where T : class
    {
        try
        {
            if (context.Request.ContentLength is null or <= BodyBytesMax)
            {
                return await JsonSerializer.DeserializeAsync<T>(context.Request.Body, Json, context.RequestAborted) ?? throw new JsonException("the body is null");
            }

            await ErrorAnswers.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, "body-too-large", "An admin request has at most 1 MB.");
        }
        catch (JsonException e)
        {
            await ErrorAnswers.WriteAsync(context, StatusCodes.Status400BadRequest, "bad-json", $"The body is not the JSON expected: {e.Message}");
        }

        return null;
    }
}

/// <summary>One admin path. A last segment of <c>*</c> takes anything and becomes the argument; a literal after it (<c>entries/*/image</c>) must follow.</summary>
internal sealed record AdminEndpoint(string Method, string Path, Func<HttpContext, string, Task> Handle)
{
    private readonly string[] _parts = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    public bool Fits(string[] parts, out string? argument)
    {
        argument = null;
        if (parts.Length != _parts.Length)
        {
            return false;
        }

        for (int i = 0; i < parts.Length; i++)
        {
            if (_parts[i] == "*")
            {
                argument = Uri.UnescapeDataString(parts[i]);
            }
            else if (parts[i] != _parts[i])
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Keys as hexadecimal text.</summary>
internal sealed class Hash256JsonConverter : JsonConverter<Hash256>
{
    public override Hash256 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Hash256.TryParseHex(reader.GetString(), out Hash256 hash) ? hash : throw new JsonException("not 64 hexadecimal digits");

    public override void Write(Utf8JsonWriter writer, Hash256 value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToHex());
}
