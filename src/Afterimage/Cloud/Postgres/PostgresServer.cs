namespace Afterimage.Cloud.Postgres;

/// <summary>The server as found when it was first reached.</summary>
/// <param name="Version">Its <c>server_version_num</c>, for example 170002.</param>
public sealed record PostgresServer(int Version);
