#!/usr/bin/env bash
# What a long list of cases costs before the first result, and in memory. ./defrag bench cases calls this.
#
#   bench/cases.sh [CASES]                      100000 cases in one directory, the worst there is for a walk
#
# The managed heap is read after a full collection at the first result and half-way, against the same session after
# a run of three cases; the time is from the call to the first result.
set -euo pipefail
cd "$(dirname "$0")/.."

cases=${1:-100000}
if [[ ! $cases =~ ^[1-9][0-9]*$ ]] || ((cases < 2)); then
    echo "usage: bench/cases.sh [CASES], at least 2" >&2
    exit 2
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_STATE_HOME=$folder/state # a history like everybody's, but not the user's own
for side in base cand; do
    mkdir "$folder/$side" "$folder/few-$side"
    (cd "$folder/$side" && seq -f 'Modules-case-%06g.sarif' "$cases" | xargs touch)
    (cd "$folder/few-$side" && touch a b c)
done

. bench/common/machine.sh
machine
BENCH_FOLDER=$folder BENCH_CASES=$cases ./defrag -c '
$folder = $env:BENCH_FOLDER; $cases = [int] $env:BENCH_CASES
$null = Invoke-DefragCompare "$folder/few-base" "$folder/few-cand" -OutputDirectory "$folder/few" -Command /bin/true 6> $null
$before = [gc]::GetTotalMemory($true)
$clock = [System.Diagnostics.Stopwatch]::StartNew()
$seen = 0
foreach ($once in 1) {
    Invoke-DefragCompare "$folder/base" "$folder/cand" -OutputDirectory "$folder/out" -Command /bin/true 6> $null | ForEach-Object {
        $seen++
        if ($seen -eq 1) {
            $first = $clock.ElapsedMilliseconds
            "{0:n0} cases: first result after {1:n0} ms" -f $cases, $first
        }
        if ($seen -eq 1 -or $seen -eq [int]($cases / 2)) {
            "after {0:n0} results: {1:n0} bytes held for each case" -f $seen, (([gc]::GetTotalMemory($true) - $before) / $cases)
        }
        if ($seen -ge $cases / 2) { break }
    }
}'
