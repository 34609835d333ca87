#!/usr/bin/env bash
# How fast and how small the comparer is on large files, beside cmp and diff. ./defrag bench jsonlines calls this.
#
#   bench/jsonlines.sh [MEGABYTES] [ROUNDS]     1000 MB of JSON Lines a side (and a fifth of it as SARIF and as JSON), 3 rounds
#
# The programs take turns in each round, so that a change in the machine's load meets all of them; the table has the
# medians. Files are read from the page cache: what is measured is the program, not the disk. DEFRAG_BENCH_DIR keeps the
# generated files for the next time.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/common/comparer.sh
prepare jsonlines 1000 3 5 "$@"
prepare_folder

# The arguments are part of the name of the mark: files of another size are written anew.
if [[ ! -e $folder/.written-$megabytes ]]; then
    rm -f "$folder"/.written-*
    echo "writing $megabytes MB of JSON Lines, $((megabytes / 5)) MB of SARIF, $((megabytes / 5)) MB of JSON to $folder ..." >&2
    python3 bench/generate.py jsonlines "$folder" "$megabytes"
    python3 bench/generate.py sarif "$folder" $((megabytes / 5))
    python3 bench/generate.py json "$folder" $((megabytes / 5))
    cp "$folder/baseline.jsonl" "$folder/copy.jsonl"
    shuf --random-source=<(yes) "$folder/changed.jsonl" > "$folder/shuffled.jsonl"
    touch "$folder/.written-$megabytes"
fi

base=$folder/baseline
cat "$base".* "$folder"/changed.* "$folder"/moved.* "$folder"/rewritten.* "$folder"/copy.* "$folder"/shuffled.* > /dev/null
for ((round = 0; round < rounds; round++)); do
    measure "cmp, equal files" "$base.jsonl" cmp "$base.jsonl" "$folder/copy.jsonl"
    measure "comparer, equal files" "$base.jsonl" "$comparer" "$base.jsonl" "$folder/copy.jsonl"
    measure "comparer, jsonlines, 0.1 % changed in place" "$base.jsonl" "$comparer" "$base.jsonl" "$folder/changed.jsonl"
    measure "comparer, jsonlines, 0.05 % removed, 0.05 % inserted" "$base.jsonl" "$comparer" "$base.jsonl" "$folder/moved.jsonl"
    measure "comparer, jsonlines, every record rewritten" "$base.jsonl" "$comparer" "$base.jsonl" "$folder/rewritten.jsonl"
    measure "comparer, jsonlines by key, 0.1 % changed in place" "$base.jsonl" "$comparer" --key id "$base.jsonl" "$folder/changed.jsonl"
    measure "comparer, jsonlines by key, that in any order" "$base.jsonl" "$comparer" --key id "$base.jsonl" "$folder/shuffled.jsonl"
    measure "comparer, text, 0.1 % changed in place" "$base.jsonl" "$comparer" --format text "$base.jsonl" "$folder/changed.jsonl"
    measure "diff --speed-large-files, 0.1 % changed in place" "$base.jsonl" \
        diff --speed-large-files "$base.jsonl" "$folder/changed.jsonl"
    measure "diff --speed-large-files, removed and inserted" "$base.jsonl" \
        diff --speed-large-files "$base.jsonl" "$folder/moved.jsonl"
    measure "comparer, sarif, 0.1 % changed" "$base.sarif" "$comparer" "$base.sarif" "$folder/changed.sarif"
    measure "comparer, json document, 0.1 % changed" "$base.json" "$comparer" "$base.json" "$folder/changed.json"
done

report
