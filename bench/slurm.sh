#!/usr/bin/env bash
# What a run on a cluster costs. ./defrag bench slurm calls this.
#
#   bench/slurm.sh [CASES [NODES]]      300 cases of a second on 3 nodes of 1 core: a real Slurm on loopback (tests/slurm/cluster.py)
#   bench/slurm.sh simulated [CASES NODES CORES]...
#                                       what the starting machine does, before a simulated cluster: 100,000 cases on
#                                       100 nodes of 16 cores
#
# The cases of the first sleep, so that three nodes on one host do not share its cores. Ideal: cases / nodes.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1:-} == simulated ]]; then
    shift
    [[ $# -gt 0 ]] || set -- 100000 100 16
    exec dotnet run -c Release --project bench/cluster -- "$@"
fi

cases=${1:-300} nodes=${2:-3}
if [[ ! $cases =~ ^[1-9][0-9]*$ || ! $nodes =~ ^[1-9][0-9]*$ ]]; then
    echo "usage: bench/slurm.sh [CASES [NODES]] | simulated [CASES NODES CORES]..." >&2
    exit 2
fi
exec python3 bench/slurm.py "$cases" "$nodes"
