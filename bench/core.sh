#!/usr/bin/env bash
# What a release and an allocation cost the heap core, in C and in C#, beside the C library. ./defrag bench core calls this.
#
#   bench/core.sh [ROUNDS]          5 rounds, some 3 minutes
#
# The tables: the driver in C at 10^3 to 10^7 live blocks (lib/Defragger.Native/bench/core.c says what a pair is); the same
# pairs from C# (bench/core), with the ratio to the driver, and what renting owned memory costs; the recorded traces of
# samples/. The drivers take turns in each round, so that a change in the machine's load meets all of them; the tables have
# medians. C# runs once, after the rounds; its time is the clock's and not the processor's (BenchmarkDotNet has no other), so
# that each of its figures is the fastest of seven iterations.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-5}
if [[ ! "$rounds" =~ ^[1-9][0-9]*$ ]]; then
    echo "usage: bench/core.sh [ROUNDS], at least 1" >&2
    exit 2
fi
pairs=1000000
lives="1000 10000 100000 1000000 10000000"

# Asked for at once: it is needed last, after minutes.
type -P python3 > /dev/null || { echo "python3 is missing: apt-get install python3" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

log=$folder/log
. bench/common/quiet.sh

# 10^7 blocks of malloc are 1.6 GB. Less memory: one power of ten less.
available=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
if ((available < 3000000)); then
    lives=${lives% *}
    echo "skipped: 10000000 live blocks, for $((available / 1024)) MB are available" >&2
fi

quiet cmake -S lib/Defragger.Native -B artifacts/native -DCMAKE_BUILD_TYPE=Release
quiet cmake --build artifacts/native --target bench-core
quiet cmake -S lib/Defragger.Native -B artifacts/native-tests -DCMAKE_BUILD_TYPE=Release -DDEFRAG_TESTS=ON
quiet cmake --build artifacts/native-tests --target defrag-replay
quiet dotnet build bench/core -c Release --nologo -v quiet

driver=artifacts/native/bench-core
replay=artifacts/native-tests/defrag-replay
program=artifacts/bin/Defragger.Bench.Core/release/Defragger.Bench.Core.dll
loads=$(cut -d' ' -f1 /proc/loadavg)

# name, live blocks, the command; appends "name live last same mixed build-up".
measure() {
    local name=$1
    shift
    echo "$name $("$@")" >> "$folder/times"
}

for ((round = 0; round < rounds; round++)); do
    for live in $lives; do
        measure heap "$driver" heap "$live" "$pairs"
        measure malloc-plain env GLIBC_TUNABLES=glibc.malloc.tcache_count=0 "$driver" malloc "$live" "$pairs"
        measure malloc "$driver" malloc "$live" "$pairs"
    done
done

quiet mkdir "$folder/artifacts"
dotnet "$program" "$folder/artifacts" > "$folder/managed" 2> "$folder/log" || { tail -n 40 "$folder/log" >&2; exit 1; }

# The replay takes the best of three itself; what it counts is the same every time.
for trace in samples/traces/*.trace.gz; do
    zcat "$trace" > "$folder/trace"
    name=$(basename "$trace" .trace.gz)
    counted=$("$replay" --growth 65536 --check end "$folder/trace" | sed -n 's/^p.* \/ .*  *//p' | tr '\n' ' ')
    echo "$name $counted $("$replay" --growth 65536 --time "$folder/trace" | cut -d' ' -f1)" >> "$folder/traces"
done

. bench/common/machine.sh
machine "$loads to "
echo "$(getconf GNU_LIBC_VERSION); $(cc --version | head -1); .NET $(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \(10[^ ]*\) .*/\1/p' | tail -1)"
python3 - "$folder" "$rounds" "$pairs" <<'PYTHON'
import statistics, sys

folder, rounds, pairs = sys.argv[1], sys.argv[2], int(sys.argv[3])
PATTERNS = "last", "same", "mixed"
NAMES = {"heap": "heap core", "malloc-plain": "malloc, tcache_count=0", "malloc": "malloc"}

runs = {}
for line in open(f"{folder}/times"):
    name, live, *figures = line.split()
    runs.setdefault((name, int(live)), []).append([float(figure) for figure in figures])
medians = {key: [statistics.median(column) for column in zip(*rows)] for key, rows in runs.items()}
lives = sorted({live for _, live in medians})

print(f"ns a pair of a release and an allocation, {pairs:,} pairs, median of {rounds} rounds; x: heap core / malloc, round by round")
print(f"{'live blocks':>12} {'':24}" + "".join(f"{name:>9}{'x':>6}" for name in PATTERNS) + f"{'build-up':>10}")
for live in lives:
    for name, title in NAMES.items():
        text = f"{live:>12,} {title:24}" if name == "heap" else f"{'':12} {title:24}"
        for column in range(3):
            text += f"{medians[name, live][column]:9.1f}"
            ratios = [ours[column] / theirs[column] for ours, theirs in zip(runs["heap", live], runs[name, live])]
            text += f"{'':6}" if name == "heap" else f"{statistics.median(ratios):6.2f}"
        print(text + f"{medians[name, live][3]:10.1f}")

managed, owners = {}, []
for line in open(f"{folder}/managed"):
    kind, method, *words = line.rstrip("\n").split("\t")
    if kind == "core":
        live, pattern, ns, bytes_ = words
        managed[method, int(live), pattern] = float(ns), int(bytes_)
    else:
        owners.append((method, float(words[0]), int(words[1])))

print()
print("ns a pair from C#: the heap in C#, and the heap in C behind its import; x: through the driver's figure above")
print(f"{'live blocks':>12} {'':24}" + "".join(f"{name:>9}{'x':>6}" for name in PATTERNS) + f"{'bytes':>10}")
for live in sorted({live for _, live, _ in managed}):
    for method, title in ("Managed", "CoalescingHeap"), ("Native", "NativeHeap"):
        text = f"{live:>12,} {title:24}" if method == "Managed" else f"{'':12} {title:24}"
        for column, pattern in enumerate(PATTERNS):
            ns = managed[method, live, pattern][0]
            text += f"{ns:9.1f}{ns / medians['heap', live][column]:6.2f}"
        print(text + f"{max(managed[method, live, pattern][1] for pattern in PATTERNS):10}")

print()
TITLES = {
    "Product": "DefragHeap.Rent", "NewOwner": "its work, a new owner", "OwnerFromPool": "its work, owner from an ObjectPool",
    "OwnerWithFinalizer": "its work, owner with a finalizer", "SharedPool": "MemoryPool<byte>.Shared",
    "NativeMemoryAlloc": "NativeMemory.Alloc, Free",
}
print(f"{'rent 48 bytes and dispose of them, one thread':48}{'ns':>8}{'bytes':>8}")
for method, ns, bytes_ in owners:
    print(f"{TITLES.get(method, method):48}{ns:8.1f}{bytes_:8}")

print()
print(f"{'recorded traces on the heap core':36}{'peak committed / live':>22}{'end pinned / live':>19}{'ns/operation':>14}")
for line in open(f"{folder}/traces"):
    name, peak, end, ns = line.split()
    print(f"{name:36}{float(peak):22.3f}{float(end):19.3f}{float(ns):14.1f}")
PYTHON
