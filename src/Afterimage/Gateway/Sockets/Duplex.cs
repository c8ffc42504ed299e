using System.IO.Pipelines;

namespace Afterimage.Gateway.Sockets;

/// <summary>Both directions of a connection.</summary>
internal sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
