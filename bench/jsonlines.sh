#!/usr/bin/env bash
# How fast and how small the comparer is on large files, beside cmp and diff. ./defrag bench jsonlines calls this.
#
#   bench/jsonlines.sh [MEGABYTES] [ROUNDS]     1000 MB of JSON Lines a side (and a fifth of it as SARIF and as JSON), 3 rounds
#
# The programs take turns in each round, so that a change in the machine's load meets all of them; the table has the
# medians. Files are read from the page cache: what is measured is the program, not the disk. COMPARER names another
# executable; DEFRAG_BENCH_DIR keeps the generated files for the next time (otherwise they are removed).
set -euo pipefail
cd "$(dirname "$0")/.."

megabytes=${1:-1000}
rounds=${2:-3}
comparer=${COMPARER:-artifacts/comparer/defrag-comparer}
if [[ ! -x $comparer ]]; then
    echo "$comparer is missing; build it with: dotnet publish lib/Defragger.Comparer -c Release -o artifacts/comparer" >&2
    exit 2
fi

if [[ ! "$megabytes $rounds" =~ ^[1-9][0-9]*\ [1-9][0-9]*$ ]] || ((megabytes < 5)); then
    echo "usage: bench/jsonlines.sh [MEGABYTES] [ROUNDS], at least 5 and 1" >&2
    exit 2
fi

type -P python3 > /dev/null || { echo "python3 is missing: apt-get install python3" >&2; exit 2; }
gnu_time=$(type -P time) || { echo "GNU time is missing: apt-get install time" >&2; exit 2; }
folder=${DEFRAG_BENCH_DIR:-$(mktemp -d)}
samples=$(mktemp)
peaks=$(mktemp)
trap 'rm -f "$samples" "$peaks"; [[ -n ${DEFRAG_BENCH_DIR:-} ]] || rm -rf "$folder"' EXIT

# The arguments are part of the name of the mark: files of another size are written anew.
if [[ ! -e $folder/.written-$megabytes ]]; then
    rm -f "$folder"/.written-*
    echo "writing $megabytes MB of JSON Lines, $((megabytes / 5)) MB of SARIF, $((megabytes / 5)) MB of JSON to $folder ..." >&2
    python3 bench/generate.py jsonlines "$folder" "$megabytes"
    python3 bench/generate.py sarif "$folder" $((megabytes / 5))
    python3 bench/generate.py json "$folder" $((megabytes / 5))
    cp "$folder/baseline.jsonl" "$folder/copy.jsonl"
    shuf --random-source=<(yes) "$folder/changed.jsonl" > "$folder/shuffled.jsonl"
    touch "$folder/.written-$megabytes"
fi

# One measured run: name, the file whose size counts, the command. Appends "name|bytes|microseconds|peak KiB|exit code".
# GNU time starts the program: a peak below its parent's cannot be seen, and time is small where Python is not.
measure() {
    local name=$1 file=$2 start end peak code=0
    shift 2
    start=$EPOCHREALTIME
    "$gnu_time" -q -f %M -o "$peaks" "$@" > /dev/null || code=$?
    end=$EPOCHREALTIME
    peak=$(cat "$peaks")
    echo "$name|$(stat -c %s "$file")|$(((${end/./} - ${start/./})))|$peak|$code" >> "$samples"
}

base=$folder/baseline
cat "$base".* "$folder"/changed.* "$folder"/moved.* "$folder"/rewritten.* "$folder"/copy.* "$folder"/shuffled.* > /dev/null
for ((round = 0; round < rounds; round++)); do
    measure "cmp, equal files" "$base.jsonl" cmp "$base.jsonl" "$folder/copy.jsonl"
    measure "comparer, equal files" "$base.jsonl" "$comparer" "$base.jsonl" "$folder/copy.jsonl"
    measure "comparer, jsonlines, 0.1 % changed in place" "$base.jsonl" "$comparer" "$base.jsonl" "$folder/changed.jsonl"
    measure "comparer, jsonlines, 0.05 % removed, 0.05 % inserted" "$base.jsonl" "$comparer" "$base.jsonl" "$folder/moved.jsonl"
    measure "comparer, jsonlines, every record rewritten" "$base.jsonl" "$comparer" "$base.jsonl" "$folder/rewritten.jsonl"
    measure "comparer, jsonlines by key, 0.1 % changed in place" "$base.jsonl" "$comparer" --key id "$base.jsonl" "$folder/changed.jsonl"
    measure "comparer, jsonlines by key, that in any order" "$base.jsonl" "$comparer" --key id "$base.jsonl" "$folder/shuffled.jsonl"
    measure "comparer, text, 0.1 % changed in place" "$base.jsonl" "$comparer" --format text "$base.jsonl" "$folder/changed.jsonl"
    measure "diff --speed-large-files, 0.1 % changed in place" "$base.jsonl" \
        diff --speed-large-files "$base.jsonl" "$folder/changed.jsonl"
    measure "diff --speed-large-files, removed and inserted" "$base.jsonl" \
        diff --speed-large-files "$base.jsonl" "$folder/moved.jsonl"
    measure "comparer, sarif, 0.1 % changed" "$base.sarif" "$comparer" "$base.sarif" "$folder/changed.sarif"
    measure "comparer, json document, 0.1 % changed" "$base.json" "$comparer" "$base.json" "$folder/changed.json"
done

echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(uname -sr), load $(cut -d' ' -f1 /proc/loadavg), median of $rounds"
python3 - "$samples" <<'PYTHON'
import statistics, sys
runs = {}
for line in open(sys.argv[1]):
    name, size, seconds, peak, code = line.rstrip().split("|")
    runs.setdefault(name, []).append((int(size), int(seconds) / 1e6, int(peak), code))
def median(name, at):
    return statistics.median(run[at] for run in runs[name])
scale = median("cmp, equal files", 0) / median("cmp, equal files", 1)
print(f"{'':54}{'MB/file':>8}{'s':>8}{'MB/s':>7}{'x cmp':>7}{'peak MB':>9}{'exit':>5}")
for name in runs:
    size, seconds = median(name, 0), median(name, 1)
    print(f"{name:54}{size / 1e6:8.0f}{seconds:8.2f}{size / 1e6 / seconds:7.0f}{size / seconds / scale:7.2f}"
          f"{median(name, 2) * 1024 / 1e6:9.1f}{runs[name][-1][3]:>5}")
PYTHON
