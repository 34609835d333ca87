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
# Each a few times over, so that it runs for seconds: a script of one line that does so.
programs=""
for program in bench/malloc/dictstr.py bench/malloc/jsonio.py bench/malloc/deep.py; do
    copy=$folder/$(basename "$program")
    echo "import runpy; [runpy.run_path('$PWD/$program', run_name='__main__') for _ in range(${REPEAT:-6})]" > "$copy"
    programs="$programs $copy"
done

# program, way, wall-clock and processor time in seconds, peak in bytes
alone() {
    artifacts/native/defrag-launch -- "$python" "$1" | head -n 1 > "$folder/line"
    "$python" - "$1" "$folder/line" >> "$folder/times" << 'PYTHON'
import json, sys
line = json.load(open(sys.argv[2]))
assert line["exit"] == 0, line
print(sys.argv[1], "alone", line["wall_us"] / 1e6, (line["user_us"] + line["system_us"]) / 1e6, line["peak_bytes"])
PYTHON
}

measured() { # program, way, cmdlet and its words in PowerShell, where the memory is
    ./defrag -c "
        \$found = ($3)$4
        if (\$found.ExitCode -ne 0) { throw \$found.ErrorOutput }
        [string]::Format([cultureinfo]::InvariantCulture, '{0} {1} {2} {3} {4}', '$1', '$2',
            \$found.Elapsed.TotalSeconds, \$found.CpuTime.TotalSeconds, \$found.PeakResident)" >> "$folder/times"
}

# Seconds measured, processor time of the measuring session, of its sampling thread. A first call has compiled the code.
session() {
    ./defrag -c '
        function Get-Spent { [System.Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime.TotalSeconds }
        $null = Measure-DefragMemory sleep 2
        $before = Get-Spent
        $found = Measure-DefragMemory sleep 20
        [string]::Format([cultureinfo]::InvariantCulture, "20 {0} {1}", (Get-Spent) - $before, $found.MeasuringTime.TotalSeconds)' >> "$folder/session"
}

for ((round = 0; round < rounds; round++)); do
    for program in $programs; do
        alone "$program"
        measured "$program" memory "Measure-DefragMemory $python $program" ""
        measured "$program" python "Measure-DefragPython $program -Python $python" ".Memory"
    done
    session
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
    "$python" - "$folder/times" "$folder/session" << 'PYTHON'
import statistics, sys
rows = {}
for line in open(sys.argv[1]):
    program, way, *numbers = line.split()
    rows.setdefault(program, {}).setdefault(way, []).append([float(number) for number in numbers])
print("| program | alone: wall s | processor s | peak MB | way | wall | processor | peak |")
print("|---|---:|---:|---:|---|---:|---:|---:|")
ratio = lambda ways, way, i: statistics.median(one[i] / base[i] for one, base in zip(ways[way], ways["alone"]))
for program, ways in rows.items():
    wall, spent, peak = (statistics.median(run[i] for run in ways["alone"]) for i in range(3))
    for way, name in ("memory", "Measure-DefragMemory"), ("python", "Measure-DefragPython"):
        first = f"{program.split('/')[-1]} | {wall:.2f} | {spent:.2f} | {peak / 2**20:.1f}" if way == "memory" else " | | |"
        print(f"| {first} | {name} | {ratio(ways, way, 0):.2f} | {ratio(ways, way, 1):.2f} | {ratio(ways, way, 2):.2f} |")

runs = [[float(number) for number in line.split()] for line in open(sys.argv[2])]
whole, thread = (statistics.median(run[i] / run[0] for run in runs) * 100 for i in (1, 2))
print(f"""
The measuring session itself, over {runs[0][0]:.0f} seconds of a program that sleeps: {whole:.2f} % of a core, start and end included; of it
the sampling thread {thread:.2f} %.""")
PYTHON
    cat << 'TEXT'

Measure-DefragPython also runs within the program: at its start and its end it walks all objects, which takes 70 ms and one to two
seconds for a million objects; samples and censuses in between take 1 % of a core each at most.
TEXT
} > "$folder/report"
cp "$folder/report" "$report"
cat "$report"
