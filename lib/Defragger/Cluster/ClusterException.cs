namespace Defragger.Cluster;

/// <summary>A run on a cluster cannot begin or go on; the message says why and what to do.</summary>
public sealed class ClusterException(string message) : Exception(message);
