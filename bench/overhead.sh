#!/usr/bin/env bash
# What a case costs beside its own work: /bin/true for each of many cases. ./defrag bench overhead calls this.
#
#   bench/overhead.sh [CASES] [ROUNDS]          5000 cases, 5 rounds
#
# Each program is timed from its start to its end, so that the engine's start is in the figure. The programs take turns
# in each round, so that a change in the machine's load meets all of them; the table has the medians, and the ratio to
# xargs round by round. Only ours accounts for memory and time of each case, keeps a journal and can be gone on with.
set -euo pipefail
cd "$(dirname "$0")/.."

cases=${1:-5000}
rounds=${2:-5}
if [[ ! "$cases $rounds" =~ ^[1-9][0-9]*\ [1-9][0-9]*$ ]]; then
    echo "usage: bench/overhead.sh [CASES] [ROUNDS], both at least 1" >&2
    exit 2
fi

# Asked for at once: it is needed last, after minutes.
type -P python3 > /dev/null || { echo "python3 is missing: apt-get install python3" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_STATE_HOME=$folder/state # a history like everybody's, but not the user's own
mkdir "$folder/base" "$folder/cand"
seq -f 'case%06g' "$cases" > "$folder/names"
for side in base cand; do (cd "$folder/$side" && xargs touch < "$folder/names"); done

# name, then the command; appends "name|round|microseconds".
measure() {
    local name=$1 start end
    shift
    rm -rf "$folder/out"
    start=$EPOCHREALTIME
    "$@" > "$folder/stdout" 2> "$folder/stderr" || { echo "$name failed:" >&2; tail -n 5 "$folder/stderr" >&2; exit 1; }
    end=$EPOCHREALTIME
    echo "$name|$round|$((${end/./} - ${start/./}))" >> "$folder/times"
}

ours() { ./defrag Invoke-DefragCompare "$folder/base" "$folder/cand" -OutputDirectory "$folder/out" -- /bin/true; }
quiet() { ./defrag -c "\$null = Invoke-DefragCompare '$folder/base' '$folder/cand' -OutputDirectory '$folder/out' -Command /bin/true"; }
xargs_true() { xargs -P "$(nproc)" -n 1 /bin/true < "$folder/names"; }
parallel_true() { parallel -P "$(nproc)" --joblog "$folder/out" /bin/true < "$folder/names"; }

for ((round = 0; round < rounds; round++)); do
    measure "xargs -P -n 1" xargs_true
    measure "Invoke-DefragCompare, table written" ours
    accounted=$(grep -c '"peakMemory":[1-9]' "$folder/out/journal.jsonl" || true)
    measure "Invoke-DefragCompare, objects only" quiet
    if type -P parallel > /dev/null; then measure "GNU parallel --joblog" parallel_true; fi
done
type -P parallel > /dev/null || echo "skipped: GNU parallel is not here (apt-get install parallel)" >&2

. bench/common/machine.sh
machine
echo "$(xargs --version | head -1); $(type -P parallel > /dev/null && parallel --version | head -1); engine: $(./defrag -c '"$($Host.Name) $($PSVersionTable.PSVersion)"')"
echo "$cases cases of /bin/true, median of $rounds rounds; cases with measured memory: $accounted"
python3 - "$folder/times" "$cases" <<'PYTHON'
import statistics, sys
times = {}
for line in open(sys.argv[1]):
    name, _, microseconds = line.split("|")
    times.setdefault(name, []).append(int(microseconds) / 1000)
print(f"{'':40}{'seconds':>9}{'ms/case':>9}{'x xargs':>9}")
for name, runs in times.items():
    ratio = statistics.median(a / b for a, b in zip(runs, times["xargs -P -n 1"]))
    median = statistics.median(runs)
    print(f"{name:40}{median / 1000:9.2f}{median / int(sys.argv[2]):9.3f}{ratio:9.2f}")
parallel = times.get("GNU parallel --joblog")
if parallel:
    for name in times:
        if name.startswith("Invoke"):
            print(f"{name}: {statistics.median(b / a for a, b in zip(times[name], parallel)):.1f} times as fast as GNU parallel")
PYTHON
