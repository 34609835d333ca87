#!/usr/bin/env bash
# How fast and how small the comparison of findings is on large logs with snippets and fingerprints. ./defrag bench sarif.
#
#   bench/sarif.sh [MEGABYTES] [ROUNDS]     1000 MB a side, 3 rounds
#
# "every finding moved" is the worst case for memory: none has an equal on the other side, so all of them go through the disk
# and the passes. Files are read from the page cache. DEFRAG_BENCH_DIR keeps the generated files for the next time.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/common/comparer.sh
prepare sarif 1000 3 1 "$@"
prepare_folder

if [[ ! -e $folder/.snippets-$megabytes ]]; then
    rm -f "$folder"/.snippets-*
    echo "writing three SARIF logs of $megabytes MB to $folder ..." >&2
    python3 bench/generate.py snippets "$folder" "$megabytes"
    touch "$folder/.snippets-$megabytes"
fi

cat "$folder"/*.sarif > /dev/null
for ((round = 0; round < rounds; round++)); do
    measure "one in 1000 changed" "$folder/baseline.sarif" "$comparer" "$folder/baseline.sarif" "$folder/changed.sarif"
    measure "every finding moved" "$folder/baseline.sarif" "$comparer" "$folder/baseline.sarif" "$folder/moved.sarif"
done
report
