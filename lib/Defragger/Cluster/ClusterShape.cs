namespace Defragger.Cluster;

/// <summary>What a cluster, or the part of it that a run may use, has.</summary>
/// <param name="Nodes">Nodes that are up.</param>
/// <param name="Cores">Processors of these nodes.</param>
/// <param name="Memory">Memory of these nodes, in bytes.</param>
/// <param name="Largest">The most memory that one task can have, in bytes.</param>
/// <param name="CoresOfLargest">Processors of the node that has it.</param>
/// <param name="MostTasks">Tasks that one user should have at once; at least 1.</param>
/// <param name="MostInArray">Tasks that one array may have; at least 1.</param>
internal sealed record ClusterShape(
    int Nodes, int Cores, long Memory, long Largest, int CoresOfLargest, int MostTasks, int MostInArray);
