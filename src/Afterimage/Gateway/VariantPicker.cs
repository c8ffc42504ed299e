using System.Collections.Concurrent;
using System.Security.Cryptography;
using Afterimage.Configuration;
using Afterimage.Diagnostics;
using Afterimage.Entries;
using Afterimage.Requests;

namespace Afterimage.Gateway;

/// <summary>What answers an unseeded request this time.</summary>
/// <param name="Request">The request itself, or one of its variants.</param>
/// <param name="Make">Whether the picture is to be made, even where one is stored under that name.</param>
/// <param name="Others">Whether other pictures of the same request are stored.</param>
internal readonly record struct VariantChoice(ImageRequest Request, bool Make, bool Others);

/// <summary>
/// Variety on purpose: up to k pictures of one request that names no seed, in the places 0 (the request itself) to k. Which exist is asked of the store, so
/// that nothing of it needs to be written down; only whose turn it is and who asked lately is kept in memory. Thread-safe.
/// </summary>
internal sealed class VariantPicker : IDisposable
{
    private const int FamiliesMax = 50_000;

    private readonly VariantOptions _options;
    private readonly IEntryStore _store;
    private readonly RecentCache<Hash256, Family> _families = new(FamiliesMax);
    private readonly RecentClients _clients;

    public VariantPicker(VariantOptions options, IEntryStore store, TimeProvider time)
    {
        (_options, _store) = (options, store);
        _clients = new RecentClients(TimeSpan.FromSeconds(options.RerollSeconds), time);
    }

    /// <summary>Whether a request may be answered by one of several pictures.</summary>
    public bool Applies(ImageRequest request) => _options.Enabled && request.Seed.Kind == SeedKind.Defaulted;

    /// <summary>Chooses.</summary>
    /// <param name="http">Who asks.</param>
    /// <param name="request">One to which this applies.</param>
    /// <param name="fresh">Whether it asks for a new picture by its own headers.</param>
    /// <param name="onlyStored">Whether nothing may be made.</param>
    public async ValueTask<VariantChoice> ChooseAsync(HttpRequest http, ImageRequest request, bool fresh, bool onlyStored, CancellationToken cancellationToken)
    {
        List<EntryHeader> members = await MembersAsync(request, cancellationToken);
        bool again = _options.Reroll == RerollPolicy.Fresh && HttpMethods.IsGet(http.Method) && _clients.AskedBefore(ClientOf(http), request.ExactKey);
        bool full = members.Count >= _options.Size;
        if (members.Count > 0 && (onlyStored || (full && !fresh && !again)))
        {
            return new VariantChoice(InTurn(request, members).Request, Make: false, Others: true);
        }

        if (members.Count == 0)
        {
            return new VariantChoice(request, Make: fresh, Others: false);
        }

        // The lowest free place; where there is none, that of the oldest.
        int free = Enumerable.Range(1, _options.Size).FirstOrDefault(place => !members.Exists(m => m.Request.Variant == place));
        int place = free > 0 ? free : members.MinBy(m => m.Created)!.Request.Variant;
        return new VariantChoice(request.AsVariant(place, Seed.Named(RandomNumberGenerator.GetInt32(int.MaxValue))), Make: fresh || again || free == 0, Others: true);
    }

    /// <summary>Whose turn it is among the pictures of the request that a stored one was made for; that one itself where it has no others.</summary>
    public async ValueTask<EntryHeader> InTurnAsync(EntryHeader stored, CancellationToken cancellationToken) =>
        Applies(stored.Request) && await MembersAsync(stored.Request, cancellationToken) is { Count: > 0 } members ? InTurn(stored.Request, members) : stored;

    public void Dispose() => _clients.Dispose();

    private EntryHeader InTurn(ImageRequest request, List<EntryHeader> members)
    {
        if (!_families.TryGet(request.ExactKey, out Family? family))
        {
            _families.Set(request.ExactKey, family = new Family());
        }

        return members[family.NextTurn(members.Count)];
    }

    /// <summary>The stored pictures of a request, at most k. The request's own counts only as long as there are too few others.</summary>
    private async ValueTask<List<EntryHeader>> MembersAsync(ImageRequest request, CancellationToken cancellationToken)
    {
        var members = new List<EntryHeader>(_options.Size);
        for (int place = 1; place <= _options.Size + 1; place++)
        {
            ImageRequest asked = place <= _options.Size ? request.AsVariant(place, request.Seed) : request;
            if (members.Count < _options.Size && await _store.PeekAsync(asked.ExactKey, cancellationToken) is { } entry)
            {
                members.Add(entry);
            }
        }

        return members;
    }

    private string ClientOf(HttpRequest http)
    {
        string address = _options.ClientHeader.Length > 0 ? http.Headers[_options.ClientHeader].ToString() : "";
        return $"{(address.Length > 0 ? address : http.HttpContext.Connection.RemoteIpAddress?.ToString())}\n{http.Headers.UserAgent}";
    }

    private sealed class Family
    {
        private int _turn = -1;

        public int NextTurn(int count) => (Interlocked.Increment(ref _turn) & int.MaxValue) % count;
    }

    /// <summary>
    /// Who asked for what lately, as hashes under a key that dies with the process. Two generations that a timer moves on: what is older than twice the span is
    /// gone, whether anybody asks or not.
    /// </summary>
    private sealed class RecentClients : IDisposable
    {
        private const int CountMax = 200_000;

        private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
        private readonly TimeSpan _span;
        private readonly TimeProvider _time;
        private readonly ITimer _timer;
        private ConcurrentDictionary<Hash256, long> _young = new();
        private ConcurrentDictionary<Hash256, long> _old = new();

        public RecentClients(TimeSpan span, TimeProvider time)
        {
            (_span, _time) = (span, time);
            _timer = time.CreateTimer(static clients => ((RecentClients)clients!).Age(), this, span, span);
        }

        /// <summary>Notes that a client asks, and says whether it did so within the span before.</summary>
        public bool AskedBefore(string client, Hash256 request)
        {
            Hash256 name = Hash256.Of(HMACSHA256.HashData(_key, System.Text.Encoding.UTF8.GetBytes($"{request.ToHex()}\n{client}")));
            bool before = (_young.TryGetValue(name, out long last) || _old.TryGetValue(name, out last)) && _time.GetElapsedTime(last) <= _span;
            if (_young.Count >= CountMax)
            {
                Age();
            }

            _young[name] = _time.GetTimestamp();
            return before;
        }

        public void Dispose() => _timer.Dispose();

        private void Age()
        {
            _old = _young;
            _young = new();
        }
    }
}
