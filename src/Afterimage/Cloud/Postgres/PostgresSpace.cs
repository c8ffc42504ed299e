namespace Afterimage.Cloud.Postgres;

/// <summary>One embedding space in the database.</summary>
/// <param name="Table">Qualified name of its table.</param>
/// <param name="Name">Name of the table without the schema; its indexes begin with it.</param>
/// <param name="VectorSchema">Schema in which pgvector lives; not always on the search path.</param>
/// <param name="VectorVersion">Version of pgvector.</param>
internal sealed record PostgresSpace(string Table, string Name, string VectorSchema, Version VectorVersion)
{
    /// <summary>From 0.8 a scan of the graph goes on where the filter took too many rows away; before it small partitions could lose neighbours.</summary>
    public bool HasIterativeScan => VectorVersion >= new Version(0, 8);

    /// <summary>A sentence for the log where this version has known faults (0.8.2 to 0.8.4 fixed a buffer overflow in parallel builds and corruption by vacuum).</summary>
    public string? Advice => VectorVersion >= new Version(0, 8, 4) ? null : $"pgvector {VectorVersion} has known faults in builds and vacuum; 0.8.4 or newer is advised.";
}
