namespace Afterimage.Cloud.HuggingFace;

/// <summary>A pull that cannot go on; the message is for the person who asked for it.</summary>
internal sealed class HubException(string message, Exception? inner = null) : Exception(message, inner);
