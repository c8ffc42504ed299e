using System.Collections.Concurrent;
using Afterimage.Caching.Http;
using Afterimage.Gateway;
using Afterimage.Gateway.HttpRoute;
using Afterimage.Tests.Scenarios;
using Xunit;

namespace Afterimage.Tests.Gateway;

/// <summary>What unsafe requests make void is told to the other gateways, at a bounded cost however many clients cause it.</summary>
public sealed class InvalidationNoticesTests
{
    private readonly ConcurrentQueue<IReadOnlyCollection<HttpPurge>> _published = new();
    private readonly TaskCompletionSource _gate = new();

    [Fact]
    public async Task What_comes_while_a_notice_is_being_published_goes_into_one_more()
    {
        var notices = new InvalidationNotices(PublishAsync);
        notices.Add(Resource(0));
        await CoalescingTests.UntilAsync(() => _published.Count == 1);
        for (int i = 0; i < 300; i++)
        {
            notices.Add(Resource(i % 3));
        }

        _gate.SetResult();
        await notices.DisposeAsync();
        Assert.Equal([1, 3], _published.Select(n => n.Count));
        Assert.Contains(new HttpPurge("/page/2", "tenant"), _published.Last());
    }

    [Fact]
    public async Task Too_many_become_everything()
    {
        var notices = new InvalidationNotices(PublishAsync);
        notices.Add(Resource(0));
        await CoalescingTests.UntilAsync(() => _published.Count == 1);
        for (int i = 0; i < InvalidationNotices.CountMax + 100; i++)
        {
            notices.Add(Resource(i));
        }

        _gate.SetResult();
        await notices.DisposeAsync();
        Assert.Equal([new HttpPurge(null, null)], _published.Last());
    }

    private static ResourceKey Resource(int number) => new("tenant", $"/page/{number}");

    private async Task PublishAsync(IReadOnlyCollection<HttpPurge> notice)
    {
        _published.Enqueue(notice);
        await _gate.Task;
    }
}
