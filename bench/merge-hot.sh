#!/usr/bin/env bash
# What merging by itself takes and brings where some pages are written to all the time. ./defrag bench merge-hot calls this.
#
#   bench/merge-hot.sh [LIBRARY]    three minutes; another libdefragger.so, to compare with
#
# lib/Defragger.Native/bench/malloc/hot.c says what it does. With and without merging run side by side.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

log=$folder/log
. bench/common/quiet.sh
quiet cmake -S lib/Defragger.Native -B artifacts/native -DCMAKE_BUILD_TYPE=Release
quiet cmake --build artifacts/native --target bench-malloc-hot --target defragger
library=$(realpath "${1:-artifacts/native/libdefragger.so}")

. bench/common/machine.sh
machine
printf '%-10s %-6s %8s %10s %10s %8s %8s\n' 'hot' 'merge' 'ms' 'mean KiB' 'end KiB' 'merged' 'undone'
for percent in 0 10 30 60 100; do
    for merge in off auto; do
        LD_PRELOAD=$library DEFRAGGER_MERGE=$merge artifacts/native/bench-malloc-hot "$percent" 30 > "$folder/$merge" &
    done
    wait
    for merge in off auto; do
        read -r numbers < "$folder/$merge"
        # shellcheck disable=SC2086 # numbers are words
        printf '%-10s %-6s %8s %10s %10s %8s %8s\n' "$percent %" "$merge" $numbers
    done
done
