#!/usr/bin/env bash
# How fast and how small the comparison of findings is on large logs with snippets and fingerprints. ./defrag bench sarif.
#
#   bench/sarif.sh [MEGABYTES] [ROUNDS]     1000 MB a side, 3 rounds
#
# "every finding moved" is the worst case for memory: none has an equal on the other side, so as many wait for the passes as
# are allowed to. Files are read from the page cache. COMPARER names another executable; DEFRAG_BENCH_DIR keeps the
# generated files for the next time (otherwise they are removed).
set -euo pipefail
cd "$(dirname "$0")/.."

megabytes=${1:-1000}
rounds=${2:-3}
comparer=${COMPARER:-artifacts/comparer/defrag-comparer}
if [[ ! -x $comparer ]]; then
    echo "$comparer is missing; build it with: dotnet publish lib/Defragger.Comparer -c Release -o artifacts/comparer" >&2
    exit 2
fi
if [[ ! "$megabytes $rounds" =~ ^[1-9][0-9]*\ [1-9][0-9]*$ ]]; then
    echo "usage: bench/sarif.sh [MEGABYTES] [ROUNDS], at least 1 and 1" >&2
    exit 2
fi
type -P python3 > /dev/null || { echo "python3 is missing: apt-get install python3" >&2; exit 2; }
gnu_time=$(type -P time) || { echo "GNU time is missing: apt-get install time" >&2; exit 2; }
folder=${DEFRAG_BENCH_DIR:-$(mktemp -d)}
samples=$(mktemp)
trap 'rm -f "$samples"; [[ -n ${DEFRAG_BENCH_DIR:-} ]] || rm -rf "$folder"' EXIT

if [[ ! -e $folder/.snippets-$megabytes ]]; then
    rm -f "$folder"/.snippets-*
    echo "writing three SARIF logs of $megabytes MB to $folder ..." >&2
    python3 bench/generate.py snippets "$folder" "$megabytes"
    touch "$folder/.snippets-$megabytes"
fi

# Appends "name|seconds|user seconds|peak KiB|reason".
measure() {
    local name=$1 told
    told=$("$gnu_time" -q -a -f "$name|%e|%U|%M|" -o "$samples" "$comparer" "$folder/baseline.sarif" "$2") || [[ $? -eq 1 ]]
    sed -i '$s/$/'"$(sed 's/.*"reason":"\(.*\)"}/\1/; s/[&/\\]/\\&/g' <<< "$told")"'/' "$samples"
}

cat "$folder"/*.sarif > /dev/null
for ((round = 0; round < rounds; round++)); do
    measure "one in 1000 changed" "$folder/changed.sarif"
    measure "every finding moved" "$folder/moved.sarif"
done

echo "$(date +%F), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(uname -sr), load $(cut -d' ' -f1 /proc/loadavg), median of $rounds"
python3 - "$samples" "$(stat -c %s "$folder/baseline.sarif")" <<'PYTHON'
import statistics, sys
runs = {}
for line in open(sys.argv[1]):
    name, seconds, user, peak, reason = line.rstrip("\n").split("|")
    runs.setdefault(name, []).append((float(seconds), float(user), int(peak), reason))
size = int(sys.argv[2]) / 1e6
print(f"{'':22}{'MB/file':>8}{'s':>8}{'user s':>8}{'MB/s':>6}{'peak MB':>9}  told")
for name, measured in runs.items():
    seconds, user, peak = (statistics.median(run[at] for run in measured) for at in range(3))
    print(f"{name:22}{size:8.0f}{seconds:8.2f}{user:8.2f}{size / seconds:6.0f}{peak * 1024 / 1e6:9.1f}  {measured[-1][3]}")
PYTHON
