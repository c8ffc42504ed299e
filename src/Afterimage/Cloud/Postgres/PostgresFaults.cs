using System.Net.Sockets;
using Npgsql;
using Polly.CircuitBreaker;

namespace Afterimage.Cloud.Postgres;

/// <summary>What faults of PostgreSQL mean: which pass by themselves, and how to say them to an operator.</summary>
internal static class PostgresFaults
{
    /// <summary>What is said of a time-out.</summary>
    public const string Late = "PostgreSQL did not answer in time.";

    /// <summary>Faults of the server or the way to it. Everything else is a bug of ours and is thrown as it is.</summary>
    public static bool IsFault(Exception e) => e is NpgsqlException or BrokenCircuitException or TimeoutException or SocketException or IOException;

    /// <summary>Whether trying again at once may help: the statement did not run, or ran and was rolled back.</summary>
    public static bool IsTransient(Exception e) => e switch
    {
        PostgresException p => p.IsTransient || p.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections,
        // A time-out has used the caller's patience already; a second attempt would double it.
        NpgsqlException { InnerException: TimeoutException } => false,
        NpgsqlException n => n.IsTransient,
        _ => false,
    };

    /// <summary>Whether the fault says that the server is away or overloaded, which is what the breaker counts. A refused statement is not.</summary>
    public static bool CountsForBreaker(Exception e) => e switch
    {
        PostgresException p => IsTransient(p) || p.SqlState.StartsWith("53", StringComparison.Ordinal) || p.SqlState.StartsWith("57", StringComparison.Ordinal),
        _ => IsFault(e),
    };

    /// <summary>One sentence for the log, without secrets: what happened and, where it is known, what to do.</summary>
    public static string Sentence(Exception e) => e switch
    {
        BrokenCircuitException => "PostgreSQL failed repeatedly and is left alone for a moment.",
        TimeoutException or NpgsqlException { InnerException: TimeoutException } => Late,
        PostgresException p => p.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                $"PostgreSQL refuses the user: {p.MessageText} Check Username and Password in Index:Postgres:ConnectionString.",
            PostgresErrorCodes.InvalidCatalogName => $"PostgreSQL has no such database: {p.MessageText} Create it, or correct Database in Index:Postgres:ConnectionString.",
            PostgresErrorCodes.InsufficientPrivilege => $"The database user lacks a right: {p.MessageText} GRANT CREATE ON DATABASE is enough for all that Afterimage makes.",
            PostgresErrorCodes.ReadOnlySqlTransaction => "This PostgreSQL is a read-only replica; Index:Postgres:ConnectionString must name the primary.",
            PostgresErrorCodes.DiskFull => "The disk of PostgreSQL is full.",
            PostgresErrorCodes.TooManyConnections => "PostgreSQL has no free connection; lower Index:Postgres:ConnectionsMax or raise max_connections.",
            PostgresErrorCodes.QueryCanceled => "PostgreSQL cancelled a statement that ran too long.",
            _ => $"PostgreSQL answered {p.SqlState}: {p.MessageText}",
        },
        _ => $"PostgreSQL cannot be reached: {(e.InnerException ?? e).Message}",
    };
}
