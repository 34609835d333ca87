#!/usr/bin/env bash
# What the plan of merging saves and costs, beside first fit. ./defrag bench merge-plan calls this.
#
#   bench/merge-plan.sh             some 30 seconds
#
# Heaps of blocks of one size, or of 16 to 512 bytes, of which some stay at random; all pages with a live granule are
# cold. lib/Defragger.Native/bench/merge.c says what the plans are and what is counted. Same heaps every time.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

log=$folder/log
. bench/common/quiet.sh
quiet cmake -S lib/Defragger.Native -B artifacts/native -DCMAKE_BUILD_TYPE=Release
quiet cmake --build artifacts/native --target bench-merge

. bench/common/machine.sh
machine
printf '%-28s %-10s %8s %8s %8s %8s %8s %9s %7s\n' 'heap' 'plan' 'cold' 'runs' 'members' 'groups' 'saved' 'mappings' 'ms'
# pages, bytes of a block (0: 16 to 512), one in how many stays
while read -r pages size live; do
    artifacts/native/bench-merge "$pages" "$size" "$live" > "$folder/lines"
    what="$pages pages, $((size)) B, 1/$live"
    while read -r name numbers; do
        # shellcheck disable=SC2086 # numbers are words
        printf '%-28s %-10s %8s %8s %8s %8s %8s %9s %7s\n' "${what/ 0 B/ mixed}" "$name" $numbers
        what=
    done < "$folder/lines"
done << 'END'
500 64 100
20000 64 100
20000 64 20
20000 256 50
20000 0 100
20000 0 30
20000 0 10
2110000 64 100
END
