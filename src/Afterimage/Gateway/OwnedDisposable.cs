namespace Afterimage.Gateway;

/// <summary>Lets a synchronous disposable stand among asynchronous ones.</summary>
internal sealed class OwnedDisposable(IDisposable inner) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        inner.Dispose();
        return ValueTask.CompletedTask;
    }
}
