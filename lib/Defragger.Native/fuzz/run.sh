#!/bin/sh
# run.sh SECONDS: looks for inputs that break a rule, with libFuzzer and AddressSanitizer, then keeps in corpus/
# the fewest inputs with the same coverage. An input that fails stays in artifacts/fuzz, and its operations are
# printed as a trace. Set cover takes the fewest that cover the same, greedily: a few hundred files, not a thousand.
# Needs clang and its runtime (Debian: clang libclang-rt-14-dev).
set -eu
seconds=${1:?usage: run.sh SECONDS}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd -P)
native=$(dirname "$here")
work=$native/../../artifacts/fuzz
mkdir -p "$work/found" "$work/smallest" "$here/corpus"
clang=$(command -v clang || command -v clang-14) || { echo "run.sh: clang is not installed" >&2; exit 3; }

# The checker is not instrumented: it takes most of the time, and what it sees is no coverage of the heap.
flags="-std=c11 -D_GNU_SOURCE -g -O2 -I $native/include"
# shellcheck disable=SC2086 # flags are words
{
    "$clang" $flags -c -o "$work/heap_check.o" "$native/src/core/heap_check.c"
    "$clang" $flags -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o "$work/fuzz_trace" \
        "$here/fuzz_trace.c" "$here/blocks.c" "$here/pages.c" "$here/opinion.c" "$native/src/core/heap.c" "$native/src/core/heap_batch.c" \
        "$native/src/core/heap_hold.c" "$native/src/core/heap_view.c" "$native/src/core/merge.c" "$work/heap_check.o"
}

"$work/fuzz_trace" -max_total_time="$seconds" -max_len=400 -len_control=20 -print_final_stats=1 \
    -artifact_prefix="$work/" "$work/found" "$here/corpus"

rm -f "$work/smallest"/*
"$work/fuzz_trace" -set_cover_merge=1 -max_len=400 "$work/smallest" "$here/corpus" "$work/found"
rm -f "$here/corpus"/*
cp "$work/smallest"/* "$here/corpus/"
echo "$(find "$here/corpus" -type f | wc -l) inputs, $(cat "$here/corpus"/* | wc -c) bytes"
