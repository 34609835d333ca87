#!/usr/bin/env bash
# What a pair of files costs that fits in no memory: 10 GB a file, in order, in any order, every finding moved. ./defrag bench large.
#
#   bench/large.sh [MEGABYTES] [FORMAT...]     10000 MB a file; of jsonlines, csv, sarif (one run), runs (one for each 100,000 findings)
#
# Files are written, compared once and removed, a pair at a time, in DEFRAG_BENCH_DIR or the folder for temporary files; its disk
# must have room for three times MEGABYTES, since what does not fit in memory is sorted there. One in 1000 records is changed.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/common/comparer.sh
formats=("${@:2}")
[[ ${#formats[@]} -gt 0 ]] || formats=(jsonlines csv sarif)
for format in "${formats[@]}"; do
    [[ $format =~ ^(jsonlines|csv|sarif|runs)$ ]] || { echo "there is no format '$format'; there are jsonlines, csv, sarif, runs" >&2; exit 2; }
done
[[ ${1:-1} =~ ^[1-9][0-9]*$ ]] || { echo "usage: bench/large.sh [MEGABYTES] [FORMAT...], at least 1 megabyte and not '$1'" >&2; exit 2; }
prepare large 10000 1 1 "${@:1:1}"
folder=$(mktemp -d "${DEFRAG_BENCH_DIR:-${TMPDIR:-/var/tmp}}/defrag-large-XXXXXX")
trap 'rm -rf "$samples" "$folder"' EXIT
room=$(($(stat -f -c '%a * %S' "$folder") / 1000000))
((room > 3 * megabytes)) || { echo "$folder has $room MB free, and $((3 * megabytes)) are needed; DEFRAG_BENCH_DIR names another folder" >&2; exit 2; }
cc -std=c11 -O2 -o "$samples/records" bench/large/records.c
export TMPDIR=$folder

# Name of the row, format, ending of the files, options of the comparer, then what is done to the candidate.
pair() {
    local name=$1 format=$2 ending=$3 options=$4
    shift 4
    echo "$(date +%T) $name" >&2
    [[ -e $folder/baseline.$ending ]] || "$samples/records" "$format" "$megabytes" > "$folder/baseline.$ending"
    "$samples/records" "$format" "$megabytes" "$@" > "$folder/candidate.$ending"
    # shellcheck disable=SC2086  # options are words
    measure "$name" "$folder/baseline.$ending" "$comparer" $options "$folder/baseline.$ending" "$folder/candidate.$ending"
    rm "$folder/candidate.$ending"
}

for format in "${formats[@]}"; do
    case $format in
        jsonlines)
            pair "jsonlines by key, in order" jsonlines jsonl "--key id" changed
            pair "jsonlines by key, in any order" jsonlines jsonl "--key id" changed shuffled
            ;;
        csv)
            pair "csv by key, in any order" csv csv "--key id" changed shuffled
            ;;
        *)
            pair "$format, in order" "$format" sarif "" changed
            pair "$format, in any order" "$format" sarif "" changed shuffled
            pair "$format, every finding moved" "$format" sarif "" moved
            ;;
    esac
    rm -f "$folder"/baseline.*
done
report
