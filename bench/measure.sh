#!/bin/bash
# What measuring costs the measured: each program alone, under Measure-DefragMemory and under Measure-DefragPython, in turn.
#
#   ./defrag bench measure [ROUNDS [REPORT]]      5 rounds; the table goes to docs/benchmarks/measure.md
#
# All three are started by the same launcher, whose report has the program's wall-clock and processor time. What the
# measuring session spends is its own processor time, after a first call that has compiled the code.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
report=${2:-docs/benchmarks/measure.md}
python=/usr/bin/python3
[ -x "$python" ] || { echo "measure: there is no $python." >&2; exit 3; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
programs="bench/malloc/dictstr.py bench/malloc/jsonio.py bench/malloc/deep.py samples/memory/survivors.py"

# program, way, wall in seconds, processor time in seconds, processor time of the measuring session in seconds, peak in bytes
alone() {
    artifacts/native/defrag-launch -- "$python" "$1" | head -n 1 > "$folder/line"
    "$python" - "$1" "$folder/line" >> "$folder/times" << 'PYTHON'
import json, sys
line = json.load(open(sys.argv[2]))
assert line["exit"] == 0, line
print(sys.argv[1], "alone", line["wall_us"] / 1e6, (line["user_us"] + line["system_us"]) / 1e6, 0, line["peak_bytes"])
PYTHON
}

measured() { # program, way, cmdlet and its words in PowerShell, where the memory is
    ./defrag -c "
        function Get-Spent { [System.Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime.TotalSeconds }
        \$null = Measure-DefragMemory true
        \$before = Get-Spent
        \$found = ($3)$4
        \$spent = (Get-Spent) - \$before
        if (\$found.ExitCode -ne 0) { throw \$found.ErrorOutput }
        [string]::Format([cultureinfo]::InvariantCulture, '{0} {1} {2} {3} {4} {5}', '$1', '$2',
            \$found.Elapsed.TotalSeconds, \$found.CpuTime.TotalSeconds, \$spent, \$found.PeakResident)" >> "$folder/times"
}

for ((round = 0; round < rounds; round++)); do
    for program in $programs; do
        alone "$program"
        measured "$program" memory "Measure-DefragMemory $python $program" ""
        measured "$program" python "Measure-DefragPython $program -Python $python" ".Memory"
    done
    echo "round $((round + 1)) of $rounds" >&2
done

{
    echo "# What measuring costs"
    echo
    echo "Written by \`./defrag bench measure\`; do not edit."
    echo
    echo "$(date +%F), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), Linux $(uname -r), load $(cut -d' ' -f1 /proc/loadavg), $(find /proc -maxdepth 1 -name '[0-9]*' | wc -l) processes."
    echo "$("$python" --version), commit $(git rev-parse --short HEAD). Median of $rounds rounds; ratios within a round."
    echo
    "$python" - "$folder/times" << 'PYTHON'
import statistics, sys
rows = {}
for line in open(sys.argv[1]):
    program, way, *numbers = line.split()
    rows.setdefault(program, {}).setdefault(way, []).append([float(number) for number in numbers])
print("| program | alone: wall s | processor s | peak MB | way | wall | processor | session, % of a core | peak |")
print("|---|---:|---:|---:|---|---:|---:|---:|---:|")
ratio = lambda ways, way, i: statistics.median(one[i] / base[i] for one, base in zip(ways[way], ways["alone"]))
for program, ways in rows.items():
    wall, spent, _, peak = (statistics.median(run[i] for run in ways["alone"]) for i in range(4))
    for way, name in ("memory", "Measure-DefragMemory"), ("python", "Measure-DefragPython"):
        session = statistics.median(run[2] / run[0] for run in ways[way]) * 100
        first = f"{program} | {wall:.2f} | {spent:.2f} | {peak / 2**20:.1f}" if way == "memory" else " | | |"
        print(f"| {first} | {name} | {ratio(ways, way, 0):.2f} | {ratio(ways, way, 1):.2f} | {session:.2f} | {ratio(ways, way, 3):.2f} |")
PYTHON
    cat << 'TEXT'

`session` is the processor time of the whole measuring process, its runtime's own threads included; the sampling
thread alone stays below 1 %, and tells so in `MeasuringTime`. Measure-DefragPython also runs within the program: its start (the
modules of the probe, and a walk) and its end (a collection and a walk of all objects) take a fixed time and some for
each object, which short programs feel most.
TEXT
} > "$folder/report"
cp "$folder/report" "$report"
cat "$report"
