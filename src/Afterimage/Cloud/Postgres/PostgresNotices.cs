using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// One connection that listens on channels and comes back by itself. Notices are only hints: they are lost while the connection is away (and behind
/// a pooler in transaction mode they never come), so whoever uses them also looks by itself now and then.
/// </summary>
internal sealed class PostgresNotices : IAsyncDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly PostgresDatabase _database;
    private readonly string[] _channels;
    private readonly Action<string, string> _noticed;
    private readonly Action _connected;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _listening;
    private volatile bool _isConnected;

    /// <param name="noticed">Channel and payload; called from the listening task, must be quick.</param>
    /// <param name="connected">Called after each (re)connection: notices may have been missed.</param>
    public PostgresNotices(PostgresDatabase database, string[] channels, Action<string, string> noticed, Action connected)
    {
        _database = database;
        _channels = channels;
        _noticed = noticed;
        _connected = connected;
        _listening = ListenAsync(_stopping.Token);
    }

    /// <summary>Whether the connection stands at the moment.</summary>
    public bool IsConnected => _isConnected;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _listening;
        _stopping.Dispose();
    }

    private async Task ListenAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ListenOnceAsync(stopping);
            }
            catch (Exception e) when (PostgresFaults.IsFault(e) || e is OperationCanceledException or ObjectDisposedException)
            {
                // Tried again below.
            }

            _isConnected = false;

            await Task.Delay(Again, _database.Time, stopping).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private async Task ListenOnceAsync(CancellationToken stopping)
    {
        await using NpgsqlConnection connection = await _database.OpenListenerAsync(stopping);
        connection.Notification += (_, notice) => _noticed(notice.Channel, notice.Payload);
        await PostgresSql.ExecuteAsync(connection, string.Join(';', _channels.Select(c => $"LISTEN {c}")), stopping);
        _isConnected = true;
        _connected();
        while (true)
        {
            await connection.WaitAsync(stopping);
        }
    }
}
