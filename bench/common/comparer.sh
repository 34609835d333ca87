# Sourced by the benchmarks of the comparer: arguments, measured runs, one table. GNU time starts each program, for it is small
# itself: a peak below its parent's cannot be seen. COMPARER names another executable.
. bench/common/machine.sh

# Sets megabytes, rounds, comparer, gnu_time and samples from [MEGABYTES] [ROUNDS]; $1 is the name for messages, $2 and $3 what is
# taken without arguments, $4 the fewest megabytes.
prepare() {
    local name=$1 fewest=$4
    megabytes=${5:-$2} rounds=${6:-$3}
    if [[ $# -gt 6 || ! "$megabytes $rounds" =~ ^[1-9][0-9]*\ [1-9][0-9]*$ ]] || ((megabytes < fewest)); then
        echo "usage: bench/$name.sh [MEGABYTES] [ROUNDS], at least $fewest and 1" >&2
        exit 2
    fi
    comparer=${COMPARER:-artifacts/comparer/defrag-comparer}
    if [[ ! -x $comparer ]]; then
        echo "$comparer is missing; build it with: dotnet publish lib/Defragger.Comparer -c Release -o artifacts/comparer" >&2
        exit 2
    fi
    type -P python3 > /dev/null || { echo "python3 is missing: apt-get install python3" >&2; exit 2; }
    gnu_time=$(type -P time) || { echo "GNU time is missing: apt-get install time" >&2; exit 2; }
    samples=$(mktemp -d)
    trap 'rm -rf "$samples"' EXIT
}

# Sets folder: DEFRAG_BENCH_DIR, whose files are kept for the next time, or one of its own that is removed.
prepare_folder() {
    folder=${DEFRAG_BENCH_DIR:-$(mktemp -d)}
    [[ -n ${DEFRAG_BENCH_DIR:-} ]] || trap 'rm -rf "$samples" "$folder"' EXIT
}

# One measured run: name, the file whose size counts, the command.
measure() {
    local name=$1 file=$2 start end code=0
    shift 2
    start=$EPOCHREALTIME
    "$gnu_time" -q -f "%U|%S|%M" -o "$samples/time" "$@" > "$samples/told" || code=$?
    end=$EPOCHREALTIME
    echo "$name|$(stat -c %s "$file")|$((${end/./} - ${start/./}))|$(cat "$samples/time")|$code|$(sed -n 's/.*"reason":"\([^"]*\)".*/\1/p' "$samples/told")" \
        >> "$samples/runs"
}

# The machine and the medians; "x cmp" where cmp ran beside.
report() {
    echo "$(machine), median of $rounds"
    python3 - "$samples/runs" <<'PYTHON'
import statistics, sys
runs = {}
for line in open(sys.argv[1]):
    name, size, micro, user, system, peak, code, told = line.rstrip("\n").split("|", 7)
    runs.setdefault(name, []).append((int(size), int(micro) / 1e6, float(user) + float(system), int(peak), code, told))
def median(name, at):
    return statistics.median(run[at] for run in runs[name])
cmp = "cmp, equal files"
scale = median(cmp, 0) / median(cmp, 1) if cmp in runs else 0
width = max(map(len, runs)) + 1
print(f"{'':{width}}{'MB/file':>8}{'s':>8}{'cpu s':>8}{'MB/s':>7}" + (f"{'x cmp':>7}" if scale else "") + f"{'peak MB':>9}{'exit':>5}  told")
for name in runs:
    size, seconds = median(name, 0), median(name, 1)
    print(f"{name:{width}}{size / 1e6:8.0f}{seconds:8.2f}{median(name, 2):8.2f}{size / 1e6 / seconds:7.0f}"
          + (f"{size / seconds / scale:7.2f}" if scale else "")
          + f"{median(name, 3) * 1024 / 1e6:9.1f}{runs[name][-1][4]:>5}  {runs[name][-1][5]}".rstrip())
PYTHON
}
