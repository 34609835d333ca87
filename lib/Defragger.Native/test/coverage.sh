#!/bin/sh
# Branch coverage of src/core by its own tests, the fuzz corpus and the traces: a line a file, and in total.
# Exit code 1: less than 95 % of all branches, or a test failed; 3: gcovr is missing (Debian: gcovr).
set -eu
native=$(CDPATH='' cd -- "$(dirname "$0")/.." && pwd -P)
root=$(CDPATH='' cd -- "$native/../.." && pwd -P)
work=$root/artifacts/native-coverage
least=95
tests='opening blocks arenas purges batches views holds merges corruption edge'

command -v gcovr > /dev/null 2>&1 || { echo "coverage.sh: gcovr is not installed" >&2; exit 3; }

# -O0: a branch of the source is a branch of the code, and _FORTIFY_SOURCE needs more. Every build from nothing,
# so that no counts of an earlier one are left.
rm -rf "$work"
mkdir -p "$work"
cmake -S "$native" -B "$work" -DDEFRAG_TESTS=ON -DCMAKE_C_FLAGS_RELEASE='-O0 -g -U_FORTIFY_SOURCE' \
    -DCMAKE_C_FLAGS='--coverage' > "$work/build.log" 2>&1 &&
    cmake --build "$work" -j 2 --target $(printf 'defrag-%s ' $tests) defrag-fuzz defrag-replay >> "$work/build.log" 2>&1 ||
    { tail -n 30 "$work/build.log"; exit 1; }

names=$(printf '%s|' $tests)
(cd "$work" && ctest --output-on-failure -R "^(${names}fuzz-corpus|trace-.*)\$" > test.log 2>&1) ||
    { tail -n 30 "$work/test.log"; exit 1; }

cd "$work"
gcovr --root "$native/src/core" --object-directory "$work/src" --branches --exclude-unreachable-branches \
    --fail-under-branch "$least" src
