using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Afterimage.Commands;

/// <summary>Talks to a running gateway's admin interface for the commands that need one.</summary>
internal static class AdminClient
{
    public static Option<string> Url() => new("--url") { Description = "Address of the running gateway.", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:8080" };

    public static Option<string?> Token() => new("--token") { Description = "Admin:Token of the gateway; also read from AFTERIMAGE__ADMIN__TOKEN.", HelpName = "TOKEN" };

    /// <summary>Sends a request and prints the JSON that comes back; errors go to standard error with what can be done.</summary>
    public static async Task<int> SendAsync(string url, string? token, HttpMethod method, string path, object? body, Action<JsonElement>? print, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            Console.Error.WriteLine($"afterimage: --url '{url}' is not an address such as http://127.0.0.1:8080");
            return ExitCode.WrongUsage;
        }

        using var client = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(method, "/_afterimage/" + path);
        if ((token ?? Environment.GetEnvironmentVariable("AFTERIMAGE__ADMIN__TOKEN")) is { Length: > 0 } bearer)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }

        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }

        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, cancellationToken);
            string text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                Console.Error.WriteLine($"afterimage: {url} answered {(int)response.StatusCode}: {Detail(text)}");
                return ExitCode.Failed;
            }

            if (print is null)
            {
                Console.Out.WriteLine(text);
            }
            else
            {
                using JsonDocument document = JsonDocument.Parse(text);
                print(document.RootElement);
            }

            return ExitCode.Done;
        }
        catch (HttpRequestException)
        {
            Console.Error.WriteLine($"afterimage: no gateway answers at {url}; is it running, and is --url right?");
            return ExitCode.Failed;
        }
    }

    private static string Detail(string problem)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(problem);
            return document.RootElement.TryGetProperty("detail", out JsonElement detail) ? detail.GetString() ?? "" : problem;
        }
        catch (JsonException)
        {
            return problem.Length > 200 ? problem[..200] : problem;
        }
    }
}
