using System.Globalization;
using Afterimage.Cloud.HuggingFace;
using Afterimage.Gateway;

namespace Afterimage.Configuration;

/// <summary>What a single value's range cannot say: settings that must fit together or name something that exists.</summary>
internal static class OptionsRules
{
    public static void Check(GatewayOptions options, List<string> mistakes)
    {
        CheckListen(options.Listen, mistakes);
        CheckOrigin(options.Origin, mistakes);
        if (options.Origin.Url.Length == 0 && options.Origin.Servers.Count == 0)
        {
            mistakes.Add("Origin:Url: is missing; say which image service stands behind the gateway, for example --origin https://image.example.com (or --origin demo)");
        }
        else if (options.Origin.Url.Length > 0 && options.Origin.Url != "demo" && !IsHttp(options.Origin.Url))
        {
            mistakes.Add($"Origin:Url: '{options.Origin.Url}' is neither an http(s) address nor demo");
        }

        if (options.Data.Length == 0)
        {
            mistakes.Add("Data: is empty; it is the folder where entries and index live");
        }

        foreach (string hash in options.Admission.Deny.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Hash256.TryParseHex(hash, out _))
            {
                mistakes.Add($"Admission:Deny: '{hash}' is not a SHA-256 in 64 hexadecimal digits");
            }
        }

        for (int i = 0; i < options.Routes.Count; i++)
        {
            string path = options.Routes[i].Path;
            if (!path.StartsWith('/') || path.IndexOf('*') is var star and >= 0 && star != path.Length - 2)
            {
                mistakes.Add($"Routes:{i}:Path: '{path}' is not a path such as /prompt/** or /generate");
            }
        }

        EmbedderFactory.Check(options.Embedding, HubSettings.FromEnvironment(), mistakes);
        CheckIndex(options.Index, mistakes);
        CheckAccount(options, mistakes);
        if (options.Store.Provider == StoreProvider.S3 && options.Store.S3.Bucket.Length == 0)
        {
            mistakes.Add("Store:S3:Bucket: is missing; it is where the entries go");
        }

        foreach ((string name, BucketOptions bucket) in new (string, BucketOptions)[] { ("S3", options.Store.S3), ("Earlier", options.Store.Earlier) })
        {
            if (bucket.ServiceUrl.Length > 0 && !IsHttp(bucket.ServiceUrl))
            {
                mistakes.Add($"Store:{name}:ServiceUrl: '{bucket.ServiceUrl}' is not an http(s) address");
            }
        }

        CheckScope(options.Scope, mistakes);
    }

    private static void CheckScope(ScopeOptions scope, List<string> mistakes)
    {
        if (scope.Required && !scope.Separates)
        {
            mistakes.Add("Scope:Required: needs Scope:Header, Scope:ApiKey or Scope:Path, which say whose a request is");
        }

        if ((scope.Header.Length > 0 ? 1 : 0) + (scope.ApiKey ? 1 : 0) + (scope.Path.Length > 0 ? 1 : 0) > 1)
        {
            mistakes.Add("Scope: Header, ApiKey and Path exclude one another; with two of them a request could choose whose it is");
        }

        if (scope.Path.Length > 0 && (!scope.Path.StartsWith('/') || !scope.Path.EndsWith('/')))
        {
            mistakes.Add($"Scope:Path: '{scope.Path}' is not a path that begins and ends with /, such as /t/");
        }
    }

    private static void CheckOrigin(OriginOptions origin, List<string> mistakes)
    {
        if (origin.FirstByteTimeoutSeconds > origin.TotalTimeoutSeconds)
        {
            mistakes.Add("Origin:FirstByteTimeoutSeconds: is longer than Origin:TotalTimeoutSeconds");
        }

        if (origin.Url.Length > 0 && origin.Servers.Count > 0)
        {
            mistakes.Add("Origin:Url: stands beside Origin:Servers; name all addresses there, or one here");
        }

        for (int i = 0; i < origin.Servers.Count; i++)
        {
            if (!IsHttp(origin.Servers[i].Url))
            {
                mistakes.Add($"Origin:Servers:{i}:Url: '{origin.Servers[i].Url}' is not an http(s) address");
            }
        }

        for (int i = 0; i < origin.Models.Count; i++)
        {
            string model = origin.Models[i].Model;
            if (model.Length == 0 || origin.Models.FindIndex(m => m.Model == model) != i)
            {
                mistakes.Add($"Origin:Models:{i}:Model: {(model.Length == 0 ? "is missing" : $"'{model}' stands there twice")}");
            }
        }

        if (origin.Breaker.BreakSeconds is > 0 and < 0.5)
        {
            mistakes.Add("Origin:Breaker:BreakSeconds: is neither 0 nor at least 0.5");
        }

        if (origin.Health.Path.Length > 0 && !origin.Health.Path.StartsWith('/'))
        {
            mistakes.Add($"Origin:Health:Path: '{origin.Health.Path}' does not begin with /");
        }
    }

    private static void CheckIndex(IndexOptions index, List<string> mistakes)
    {
        if (index.Provider == IndexProvider.Postgres && index.Postgres.ConnectionString.Length == 0)
        {
            mistakes.Add("Index:Postgres:ConnectionString: is missing; for example Host=db;Username=afterimage;Password=...;Database=afterimage");
        }

        if (!IsHttp(index.Vectorize.ApiBase))
        {
            mistakes.Add($"Index:Vectorize:ApiBase: '{index.Vectorize.ApiBase}' is not an address such as https://api.cloudflare.com/client/v4");
        }
        else if (index.Provider == IndexProvider.Vectorize)
        {
            foreach (string mistake in Composition.CloudflareOptionsOf(index.Vectorize).Validate())
            {
                mistakes.Add(mistake.Replace("Cloudflare:", "Index:Vectorize:"));
            }
        }
    }

    // Beyond its limit Cloudflare refuses everything of the account for five minutes, whichever part of this program called too often.
    private static void CheckAccount(GatewayOptions options, List<string> mistakes)
    {
        const double CallsMax = 1_200, Seconds = 300;
        if (options.Embedding.Provider != EmbeddingProvider.WorkersAi)
        {
            return;
        }

        double lookups = options.Index.Provider == IndexProvider.Vectorize ? options.Index.Vectorize.RequestsPerFiveMinutes : 0;
        if (options.Embedding.CallsPerSecond <= 0)
        {
            mistakes.Add("Embedding:CallsPerSecond: is missing; Cloudflare blocks an account for 5 minutes above 1,200 calls in 5 minutes. For example 3.5, or 1.8 with Index:Vectorize:RequestsPerFiveMinutes = 550");
        }
        else if ((options.Embedding.CallsPerSecond * Seconds) + lookups > CallsMax)
        {
            mistakes.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"Embedding:CallsPerSecond: {options.Embedding.CallsPerSecond} a second and the {lookups:0} of Index:Vectorize:RequestsPerFiveMinutes are more than the account's {CallsMax:#,0} calls in 5 minutes"));
        }
    }

    private static void CheckListen(string listen, List<string> mistakes)
    {
        string[] addresses = listen.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (string address in addresses)
        {
            if (!IsHttp(address.Replace("://*", "://any", StringComparison.Ordinal).Replace("://+", "://any", StringComparison.Ordinal)))
            {
                mistakes.Add($"Listen: '{address}' is not an address such as http://127.0.0.1:8080");
            }
        }

        if (addresses.Length == 0)
        {
            mistakes.Add("Listen: is empty; say where to listen, for example http://127.0.0.1:8080");
        }
    }

    private static bool IsHttp(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && (uri.Scheme is "http" or "https");
}
