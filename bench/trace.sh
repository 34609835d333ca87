#!/bin/bash
# What recording costs programs, and how long a replay takes.
#
#   ./defrag bench trace [ROUNDS [OPERATIONS [REPORT]]]     5 rounds, 50 million operations; to docs/benchmarks/trace.md
#
# Programs run under the C library, preloaded, and preloaded and recorded, in turn; all are started by the same launcher,
# whose report has their processor time. The long trace is made from a seed by a program of the bench, and recorded.
set -euo pipefail
cd "$(dirname "$0")/.."
native=$PWD/artifacts/native
for tool in python3 gcc perl sqlite3 sort; do
    command -v "$tool" >/dev/null || { echo "trace: there is no $tool (apt-get install gcc perl python3 sqlite3)." >&2; exit 3; }
done
cmake --build "$native" --target bench-malloc-recorded >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 bench/trace/run.py "$native" "$folder" "${1:-5}" "${2:-50000000}" >"$folder/report"
cp "$folder/report" "${3:-docs/benchmarks/trace.md}"
cat "$folder/report"
