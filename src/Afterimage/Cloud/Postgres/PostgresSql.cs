using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Npgsql;

namespace Afterimage.Cloud.Postgres;

/// <summary>Short statements.</summary>
internal static class PostgresSql
{
    /// <summary>Held until the transaction ends. The number is a hash, so that other users of the database do not meet it by accident.</summary>
    public static async Task LockAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = LockNumber(name) } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The advisory lock number of a name.</summary>
    public static long LockNumber(string name)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        Hash256.Of("afterimage " + name).WriteTo(bytes);
        return BitConverter.ToInt64(bytes);
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Two text columns of the first row, or null where there is none.</summary>
    public static async Task<(string First, string Second)?> RowAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetString(0), reader.GetString(1)) : null;
    }

    /// <summary>
    /// A vector in pgvector's binary form (int16 dimensions, int16 zero, then float4 each, big-endian), as <c>vector_send</c> gives it: an array of
    /// PostgreSQL would carry a length before every component and cost several times as much on both sides.
    /// </summary>
    public static float[] Vector(ReadOnlySpan<byte> sent)
    {
        float[] vector = new float[BinaryPrimitives.ReadInt16BigEndian(sent)];
        Span<int> components = MemoryMarshal.Cast<float, int>(vector.AsSpan());
        MemoryMarshal.Cast<byte, int>(sent[4..]).CopyTo(components);
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(components, components);
        }

        return vector;
    }

    /// <summary>The 32 bytes of a hash as a parameter value.</summary>
    public static byte[] Bytes(Hash256 hash)
    {
        byte[] bytes = new byte[Hash256.Size];
        hash.WriteTo(bytes);
        return bytes;
    }
}
