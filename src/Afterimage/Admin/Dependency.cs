namespace Afterimage.Admin;

/// <summary>Something outside of this process that the gateway uses and can do without for a while.</summary>
/// <param name="Name">For <c>health/ready</c> and the operator.</param>
/// <param name="FaultAsync">A sentence where it cannot be used at the moment; null while it can. Asks it, within a few seconds.</param>
internal sealed record Dependency(string Name, Func<CancellationToken, Task<string?>> FaultAsync)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>The state as health tells it.</summary>
    public async Task<object> StateAsync(CancellationToken cancellationToken)
    {
        string? fault;
        try
        {
            fault = await FaultAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            fault = $"no answer within {Patience.TotalSeconds} s";
        }

        return new { name = Name, state = fault is null ? "up" : "away", fault };
    }
}
