using System.Net;
using System.Net.Http.Headers;

namespace Afterimage.Cloud.HuggingFace;

/// <summary>
/// The hub's HTTP interface (contracts.md 5.1). Follows redirects itself, because the token must not go to the content network's host, and because what a
/// file is stands on the answers before the last one.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int RedirectsMax = 8;

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly Uri _endpoint;
    private readonly string? _token;

    public HubClient(HubSettings settings)
    {
        if (!Uri.TryCreate(settings.Endpoint, UriKind.Absolute, out Uri? endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw new HubException($"HF_ENDPOINT is '{settings.Endpoint}', which is not an http(s) address");
        }

        (_endpoint, _token) = (endpoint, settings.Token);
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(20), AutomaticDecompression = DecompressionMethods.None };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("afterimage/1");
    }

    /// <summary>What a file of a revision is, and the commit that the revision stands for; null where the repository has no such file.</summary>
    /// <exception cref="HubException">No such repository or revision, no access, or an answer that says too little.</exception>
    public async Task<(ModelFile File, string Commit)?> DescribeAsync(string repository, string revision, string path, CancellationToken cancellationToken)
    {
        Uri address = Address(repository, revision, path);
        for (int redirect = 0; redirect <= RedirectsMax; redirect++)
        {
            using HttpResponseMessage answer = await SendAsync(HttpMethod.Head, address, null, cancellationToken);
            bool moved = IsRedirect(answer) && answer.Headers.Location is not null;
            if (moved && !answer.Headers.Location!.IsAbsoluteUri && !answer.Headers.Contains("X-Linked-Etag"))
            {
                // A renamed repository; the file itself is described at its new place.
                address = new Uri(address, answer.Headers.Location);
                continue;
            }

            if (answer.StatusCode == HttpStatusCode.NotFound && Header(answer, "X-Error-Code") is null or "EntryNotFound")
            {
                return null;
            }

            if (!moved && !answer.IsSuccessStatusCode)
            {
                throw Refusal(answer, repository, revision);
            }

            return (Description(answer, path), Header(answer, "X-Repo-Commit") ?? "");
        }

        throw new HubException($"{address} redirects without end");
    }

    /// <summary>Opens a file's content from a byte on. The answer is 206, or 200 where the server sends it from the start.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string repository, string commit, string path, long from, CancellationToken cancellationToken)
    {
        Uri address = Address(repository, commit, path);
        for (int redirect = 0; redirect <= RedirectsMax; redirect++)
        {
            HttpResponseMessage answer = await SendAsync(HttpMethod.Get, address, from > 0 ? from : null, cancellationToken);
            if (!IsRedirect(answer) || answer.Headers.Location is null)
            {
                return answer;
            }

            var next = new Uri(address, answer.Headers.Location);
            answer.Dispose();
            if (address.Scheme == "https" && next.Scheme != "https")
            {
                throw new HubException($"{address} redirects from https to {next.Scheme}");
            }

            address = next;
        }

        throw new HubException($"{address} redirects without end");
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The error of an answer in words.</summary>
    public static HubException Refusal(HttpResponseMessage answer, string repository, string revision) => Header(answer, "X-Error-Code") switch
    {
        "RevisionNotFound" => new HubException($"{repository} has no revision {revision}"),
        "GatedRepo" => new HubException($"{repository} is given out only after its terms are accepted at the hub; then set HF_TOKEN"),
        "RepoNotFound" => new HubException($"there is no repository {repository}, or it needs HF_TOKEN"),
        _ when answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            new HubException($"there is no repository {repository}, or it needs another HF_TOKEN"),
        _ => new HubException($"{answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode} {Header(answer, "X-Error-Message")}".TrimEnd()),
    };

    private Uri Address(string repository, string revision, string path) =>
        new($"{_endpoint.AbsoluteUri.TrimEnd('/')}/{repository}/resolve/{Uri.EscapeDataString(revision)}/{path}");

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, long? from, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.AcceptEncoding.ParseAdd("identity");
        request.Headers.Range = from is null ? null : new RangeHeaderValue(from, null);
        if (_token is not null && address.Host == _endpoint.Host && address.Port == _endpoint.Port)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(AnswerWithin);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (OperationCanceledException fault) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"{address.Host} did not answer within {AnswerWithin.TotalSeconds:0} s", fault);
        }
    }

    private static ModelFile Description(HttpResponseMessage answer, string path)
    {
        string tag = Header(answer, "X-Linked-Etag") ?? Header(answer, "ETag") ?? "";
        string hash = tag.Replace("W/", "", StringComparison.Ordinal).Trim('"').ToLowerInvariant();
        long? length = long.TryParse(Header(answer, "X-Linked-Size"), out long linked) ? linked : answer.Content.Headers.ContentLength;
        return ContentHash.IsKnown(hash) && length is >= 0 ? new ModelFile(path, hash, length.Value)
            : throw new HubException($"the hub does not say what {path} must be (ETag '{tag}', length {length}): it cannot be verified");
    }

    private static bool IsRedirect(HttpResponseMessage answer) => (int)answer.StatusCode is 301 or 302 or 303 or 307 or 308;

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
}
