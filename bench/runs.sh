#!/usr/bin/env bash
# What it costs to list earlier runs, to open them, to approve their results, and to look at one. ./defrag bench runs calls this.
#
#   bench/runs.sh [CASES]                       10000 cases of 4 KB, all of them changed
#
# One session; each figure is from the call to the last object. Approving brings every file and its directory to the disk, so it
# depends on the disk; the folder is in $TMPDIR.
set -euo pipefail
cd "$(dirname "$0")/.."

cases=${1:-10000}
if [[ ! $cases =~ ^[1-9][0-9]*$ ]]; then
    echo "usage: bench/runs.sh [CASES], at least 1" >&2
    exit 2
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_STATE_HOME=$folder/state # a history like everybody's, but not the user's own
for side in base cand; do
    mkdir "$folder/$side"
    head -c 4096 /dev/zero | tr '\0' "${side:0:1}" > "$folder/$side.4k"
    (cd "$folder/$side" && seq -f 'case-%06g.txt' "$cases" | xargs -I{} cp "../$side.4k" {})
done
seq -f 'line %.0f of a long text with some words in it' 8000000 > "$folder/old.log"
awk 'NR % 1000 == 0 { $0 = $0 " changed" } { print }' "$folder/old.log" > "$folder/new.log"

. bench/common/machine.sh
machine
echo "$cases cases; two texts of $(($(stat -c %s "$folder/old.log") / 1000000)) MB, 0.1 % of the lines changed"
BENCH_FOLDER=$folder ./defrag -c '
$folder = $env:BENCH_FOLDER
function Measure-It([string] $What, [scriptblock] $Work) {
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $count = 0
    & $Work | ForEach-Object { $count++ }
    "{0,-58} {1,8:0.000} s {2,8:n0} objects" -f $What, $clock.Elapsed.TotalSeconds, $count
}
foreach ($run in "old", "new") {
    Invoke-DefragCompare "$folder/base" "$folder/cand" -OutputDirectory "$folder/runs/$run" -Command /bin/false 6> $null | ForEach-Object { }
}
foreach ($number in 1..18) {
    $null = [System.IO.Directory]::CreateDirectory("$folder/runs/$number")
    foreach ($file in "journal.jsonl", "end.json") { [System.IO.File]::Copy("$folder/runs/new/$file", "$folder/runs/$number/$file") }
}
$null = Get-DefragCompare "$folder/runs/old" # compiled once
Measure-It "Get-DefragCompare, 20 runs that told their end" { Get-DefragCompare "$folder/runs" }
[System.IO.File]::Delete("$folder/runs/18/end.json")
Measure-It "Get-DefragCompare, a run that was killed" { Get-DefragCompare "$folder/runs/18" }
Measure-It "Get-DefragCompare -Result" { Get-DefragCompare "$folder/runs/new" -Result }
Measure-It "Get-DefragCompare -Since" { Get-DefragCompare "$folder/runs/new" -Since "$folder/runs/old" }
Measure-It "Format-DefragDifference, first 400 lines" { Format-DefragDifference -Baseline "$folder/old.log" -Candidate "$folder/new.log" }
Measure-It "Format-DefragDifference, all of them" { Format-DefragDifference -Baseline "$folder/old.log" -Candidate "$folder/new.log" -MaxLine 1000000 }
"peak of the session so far: {0:n0} MB" -f ([System.Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64 / 1MB)
Measure-It "Approve-DefragCompare -All" { Approve-DefragCompare "$folder/runs/new" -All -Confirm:$false }
Measure-It "Approve-DefragCompare -All, done already" { Approve-DefragCompare "$folder/runs/new" -All -Confirm:$false }
'
