using System.Text;
using Afterimage.Configuration;
using Afterimage.Gateway;
using Xunit;

namespace Afterimage.Tests.Gateway;

public sealed class RequestLogTests
{
    [Fact]
    public async Task A_line_has_time_id_tier_status_and_bytes()
    {
        var output = new MemoryStream();
        await using (var log = new RequestLog(RequestLogLevel.All, output, new TickedTime()))
        {
            log.Write("ID", Tier.Exact, 200, 1234);
            log.Write("ID", Tier.Semantic, 200, 5, 0.5f, "it says \"so\"", TimeSpan.FromMilliseconds(7));
        }

        Assert.Equal(
            """
            2026-11-28T01:02:03.004Z id=ID tier=exact status=200 bytes=1234
            2026-11-28T01:02:03.004Z id=ID tier=semantic status=200 bytes=5 similarity=0.500 origin_ms=7 verdict="it says 'so'"

            """,
            Encoding.UTF8.GetString(output.ToArray()),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task Where_nobody_reads_the_log_neither_requests_nor_the_pools_threads_wait_and_the_lines_that_were_lost_are_counted()
    {
        var time = new TickedTime();
        using var output = new StuckStream();
        await using var log = new RequestLog(RequestLogLevel.All, output, time);
        log.Write("first", Tier.Exact, 200, 1);
        Task stuck = Task.Run(time.Tick, TestContext.Current.CancellationToken);
        await output.Entered;

        // Each would have taken a thread of the pool for ever.
        for (int i = 0; i < 100; i++)
        {
            time.Tick();
        }

        for (int i = 0; i < 30_000; i++)
        {
            log.Write("another", Tier.Exact, 200, 1);
        }

        output.Release();
        await stuck;
        time.Tick();
        Assert.Matches(@"id=first .*\n(.*id=another .*\n)+\(\d+ lines not written: the log's reader is too slow\)\n$", output.Written);
    }

    private sealed class TickedTime : TimeProvider
    {
        private readonly List<Action> _callbacks = [];

        public override DateTimeOffset GetUtcNow() => new(2026, 11, 28, 1, 2, 3, 4, TimeSpan.Zero);

        public void Tick() => _callbacks.ForEach(callback => callback());

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _callbacks.Add(() => callback(state));
            return new Nothing();
        }

        private sealed class Nothing : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    /// <summary>Does not return from writing until it is released.</summary>
    private sealed class StuckStream : MemoryStream
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _released = new();

        public Task Entered => _entered.Task;

        public string Written => Encoding.UTF8.GetString(ToArray());

        public void Release() => _released.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _entered.TrySetResult();
            _released.Wait();
            base.Write(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            _released.Set();
            base.Dispose(disposing);
        }
    }
}
