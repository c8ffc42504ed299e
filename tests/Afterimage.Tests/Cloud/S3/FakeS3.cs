using System.Collections.Concurrent;
using System.Globalization;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using Afterimage.Cloud.S3;
using Amazon.Runtime;
using Amazon.S3;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Afterimage.Tests.Cloud.S3;

/// <summary>
/// As much of S3 as the store uses, on loopback: objects of one bucket by path, ranges, conditional create, listing in pages. Fails on command. The checks
/// against a real server are in <see cref="S3RverConformanceTests"/>.
/// </summary>
internal sealed class FakeS3 : IAsyncDisposable
{
    public const string Bucket = "images";
    private readonly WebApplication _app;

    private FakeS3(WebApplication app) => _app = app;

    public ConcurrentDictionary<string, (byte[] Bytes, Dictionary<string, string> Metadata)> Objects { get; } = new();

    /// <summary>Method and name of every request, in order of arrival.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Says with which status and error code to refuse a request; null to answer it.</summary>
    public Func<HttpRequest, (int Status, string Code)?> Fault { get; set; } = _ => null;

    /// <summary>What every request waits for before it is answered.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    public int PageSize { get; set; } = 1000;

    public static async Task<FakeS3> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var fake = new FakeS3(app);
        app.Run(fake.AnswerAsync);
        await app.StartAsync();
        return fake;
    }

    public S3StoreOptions Options => new()
    {
        Bucket = Bucket,
        ServiceUrl = _app.Urls.First(),
        RetriesMax = 0,
        RequestTimeout = TimeSpan.FromSeconds(5),
        BreakDuration = TimeSpan.FromSeconds(1),
    };

    public IAmazonS3 Connect(S3StoreOptions? options = null) => S3Clients.Connect(options ?? Options, new BasicAWSCredentials("test", "test"));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        HttpRequest request = context.Request;

        // Undecoded: names hold percent signs of their own, which Kestrel's decoded path cannot tell apart.
        string path = Uri.UnescapeDataString(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0]);
        string name = path.StartsWith($"/{Bucket}/", StringComparison.Ordinal) ? path[(Bucket.Length + 2)..] : "";
        Requests.Enqueue($"{request.Method} {name}");
        await Hold.WaitAsync(context.RequestAborted);
        if (Fault(request) is { } fault)
        {
            await RefuseAsync(context, fault.Status, fault.Code);
            return;
        }

        switch (request.Method)
        {
            case "PUT":
                await PutAsync(context, name);
                break;
            case "DELETE":
                Objects.TryRemove(name, out _);
                context.Response.StatusCode = 204;
                break;
            case "GET" when name.Length == 0:
                await ListAsync(context);
                break;
            default:
                await GetAsync(context, name);
                break;
        }
    }

    private async Task PutAsync(HttpContext context, string name)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        bool there = Objects.TryGetValue(name, out (byte[] Bytes, Dictionary<string, string> Metadata) old);
        if ((context.Request.Headers.IfNoneMatch == "*" && there) || (context.Request.Headers.IfMatch is { Count: > 0 } tag && (!there || tag != EntityTagOf(old.Bytes))))
        {
            await RefuseAsync(context, 412, "PreconditionFailed");
            return;
        }

        var metadata = context.Request.Headers.Where(h => h.Key.StartsWith("x-amz-meta-", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(h => h.Key, h => h.Value.ToString());
        Objects[name] = (body.ToArray(), metadata);
        context.Response.Headers.ETag = EntityTagOf(body.ToArray());
    }

    private async Task GetAsync(HttpContext context, string name)
    {
        if (!Objects.TryGetValue(name, out (byte[] Bytes, Dictionary<string, string> Metadata) found))
        {
            await RefuseAsync(context, 404, "NoSuchKey");
            return;
        }

        ReadOnlyMemory<byte> bytes = found.Bytes;
        if (context.Request.Headers.Range.ToString() is { Length: > 0 } range)
        {
            int last = int.Parse(range.Split('-')[1], CultureInfo.InvariantCulture);
            bytes = bytes[..Math.Min(bytes.Length, last + 1)];
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes 0-{bytes.Length - 1}/{found.Bytes.Length}";
        }

        foreach ((string key, string value) in found.Metadata)
        {
            context.Response.Headers[key] = value;
        }

        context.Response.Headers.ETag = EntityTagOf(found.Bytes);
        context.Response.Headers.LastModified = "Sat, 21 Nov 2026 12:00:00 GMT";
        context.Response.ContentLength = bytes.Length;
        if (context.Request.Method == "GET")
        {
            await context.Response.Body.WriteAsync(bytes);
        }
    }

    private async Task ListAsync(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        string after = query["continuation-token"].ToString();
        string[] names = [.. Objects.Keys.Where(n => n.StartsWith(query["prefix"].ToString(), StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Where(n => string.CompareOrdinal(n, after) > 0)];
        string[] page = names[..Math.Min(PageSize, names.Length)];
        var xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
        xml.Append(CultureInfo.InvariantCulture, $"<Name>{Bucket}</Name><IsTruncated>{(page.Length < names.Length ? "true" : "false")}</IsTruncated>");
        xml.Append(page.Length < names.Length ? $"<NextContinuationToken>{SecurityElement.Escape(page[^1])}</NextContinuationToken>" : "");
        foreach (string name in page)
        {
            xml.Append(CultureInfo.InvariantCulture, $"<Contents><Key>{SecurityElement.Escape(name)}</Key><Size>{Objects[name].Bytes.Length}</Size></Contents>");
        }

        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync(xml.Append("</ListBucketResult>").ToString());
    }

    // The SDK takes it for the MD5 of the body, and checks.
#pragma warning disable CA5351
    private static string EntityTagOf(byte[] bytes) => $"\"{Convert.ToHexStringLower(MD5.HashData(bytes))}\"";
#pragma warning restore CA5351

    private static async Task RefuseAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml";
        if (context.Request.Method != "HEAD")
        {
            await context.Response.WriteAsync($"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>");
        }
    }
}
