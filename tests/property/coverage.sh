#!/bin/sh
# Branch coverage of the C# heap core (lib/Defragger/Heaps) by its own tests: a line a file, and in total.
# Exit code 1: less than 95 % of all branches, or a test failed. The same of the C core:
# lib/Defragger.Native/test/coverage.sh.
#   -v  also list the lines and branches that no test reaches.
set -eu
root=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd -P)
work=$root/artifacts/coverage
least=95

# Fewer and shorter traces than a plain run: each branch counts itself, and a branch is reached early or never.
export DEFRAG_TRACES="${DEFRAG_TRACES:-1500}" DEFRAG_LONGEST="${DEFRAG_LONGEST:-3}"

# Every build from nothing: what was instrumented in a run that was interrupted stays so. Release: Debug has 3 % more
# branches, all of them reached too when it was tried, and takes several times as long. Paths as they are, even where
# CI=true would map them: sources are looked for by them.
rm -rf "$work"
mkdir -p "$work"
cd "$root"
dotnet test --project tests/property -c Release -p:Coverage=true -p:ContinuousIntegrationBuild=false \
    -p:ArtifactsPath="$work" -p:DefragNativePath="$root/artifacts/native/" --no-ansi --no-progress \
    --filter-class 'Defragger.Tests.Heaps.Heap*' --filter-class 'Defragger.Tests.Heaps.Twin*' \
    --filter-class 'Defragger.Tests.Heaps.ShortTrace*' --results-directory "$work/results" \
    --coverlet --coverlet-output-format lcov --coverlet-single-hit --coverlet-include '[Defragger]Defragger.Heaps.*' \
    > "$work/test.log" 2>&1 ||
    { tail -n 40 "$work/test.log"; exit 1; }

# shellcheck disable=SC2016  # awk's fields
awk -F '[:,]' -v least="$least" -v verbose="${1:-}" '
    function percent(hit, all) { return all ? sprintf("%5.1f%%", 100 * hit / all) : "     -" }
    function row(name, lh, lf, bh, bf) {
        printf "%-20s %11s %s %11s %s\n", name, lh "/" lf, percent(lh, lf), bh "/" bf, percent(bh, bf)
    }
    BEGIN { printf "%-20s %18s %18s\n", "File", "Lines", "Branches" }
    $1 == "SF" { file = $2; sub(".*/", "", file) }
    $1 == "LF" { lf = $2 }
    $1 == "LH" { lh = $2 }
    $1 == "BRF" { bf = $2 }
    $1 == "BRH" { bh = $2 }
    $1 == "DA" && $3 == 0 { open = open sprintf("%s:%d: line\n", file, $2) }
    $1 == "BRDA" && $5 == 0 { open = open sprintf("%s:%d: branch %d of %d\n", file, $2, $4, $3) }
    $1 == "end_of_record" {
        row(file, lh, lf, bh, bf)
        lines += lf; lines_hit += lh; branches += bf; branches_hit += bh
        lf = lh = bf = bh = 0
    }
    END {
        row("Total", lines_hit, lines, branches_hit, branches)
        if (verbose == "-v") printf "\n%s", open
        # Nothing counted is a failure too.
        exit !(branches > 0 && 100 * branches_hit >= least * branches)
    }' "$work"/results/coverage*.info || { echo "coverage.sh: less than $least % of the branches" >&2; exit 1; }
