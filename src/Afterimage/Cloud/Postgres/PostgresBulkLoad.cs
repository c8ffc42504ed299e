using System.Buffers.Binary;
using Afterimage.Vectors;
using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary>
/// Many vectors at once: binary COPY into a temporary table, then one upsert, in one transaction. The bytes are written here because Npgsql's typed
/// importer does not know pgvector's type.
/// </summary>
internal static class PostgresBulkLoad
{
    // Signature, flags, header extension length.
    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public static async Task LoadAsync(NpgsqlConnection connection, PostgresStatements statements, List<VectorRecord> rows, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await PostgresSql.ExecuteAsync(connection, statements.CreateStaging, cancellationToken);
        await using (NpgsqlRawCopyStream copy = await connection.BeginRawBinaryCopyAsync(statements.CopyStaging, cancellationToken))
        {
            byte[] buffer = new byte[Math.Max(Header.Length, 256 + (rows.Count == 0 ? 0 : rows[0].Vector.Length * sizeof(float)))];
            await copy.WriteAsync(Header, cancellationToken);
            foreach (VectorRecord row in rows)
            {
                await copy.WriteAsync(buffer.AsMemory(0, WriteRow(row, buffer)), cancellationToken);
            }

            BinaryPrimitives.WriteInt16BigEndian(buffer, -1);
            await copy.WriteAsync(buffer.AsMemory(0, sizeof(short)), cancellationToken);
        }

        await PostgresSql.ExecuteAsync(connection, statements.MergeStaging, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    // Field count, then per field its length (-1 for null) and bytes, all big-endian. A vector is int16 dimensions, int16 zero, then float4 each.
    private static int WriteRow(VectorRecord row, Span<byte> buffer)
    {
        int at = 0;
        WriteInt16(buffer, ref at, 5);
        WriteInt32(buffer, ref at, Hash256.Size);
        row.Entry.WriteTo(buffer[at..]);
        at += Hash256.Size;
        WriteInt32(buffer, ref at, Hash256.Size);
        row.Partition.WriteTo(buffer[at..]);
        at += Hash256.Size;
        if (row.Seed is { } seed)
        {
            WriteInt32(buffer, ref at, sizeof(long));
            BinaryPrimitives.WriteInt64BigEndian(buffer[at..], seed);
            at += sizeof(long);
        }
        else
        {
            WriteInt32(buffer, ref at, -1);
        }

        WriteInt32(buffer, ref at, 16);
        row.Batch.TryWriteBytes(buffer[at..], bigEndian: true, out _);
        at += 16;
        ReadOnlySpan<float> vector = row.Vector.Span;
        WriteInt32(buffer, ref at, 4 + (vector.Length * sizeof(float)));
        WriteInt16(buffer, ref at, (short)vector.Length);
        WriteInt16(buffer, ref at, 0);
        foreach (float component in vector)
        {
            BinaryPrimitives.WriteSingleBigEndian(buffer[at..], component);
            at += sizeof(float);
        }

        return at;
    }

    private static void WriteInt16(Span<byte> buffer, ref int at, short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(buffer[at..], value);
        at += sizeof(short);
    }

    private static void WriteInt32(Span<byte> buffer, ref int at, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer[at..], value);
        at += sizeof(int);
    }
}
