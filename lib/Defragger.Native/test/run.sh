#!/bin/sh
# All tests of the C core: the normal build with valgrind and the fuzz corpus, then the build with AddressSanitizer
# and UndefinedBehaviorSanitizer. What a missing tool keeps from running counts as skipped, and is named. The last
# line is "N passed, N failed, N skipped".
#
#   test/run.sh                 everything, in 2 minutes, and up to 2 more for the builds
#   ctest --test-dir artifacts/native-tests -R opening -V         one test again, afterwards
#   ctest --test-dir artifacts/native-tests-sanitized -V
set -eu
native=$(CDPATH='' cd -- "$(dirname "$0")/.." && pwd -P)
artifacts=$(CDPATH='' cd -- "$native/../.." && pwd -P)/artifacts
passed=0 failed=0 skipped=0

say() { printf '%s\n' "$*"; }

# The number in NAME="N" of the first line that has it.
attribute() { sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1; }

# build_and_test FOLDER OPTION...
build_and_test() {
    folder=$artifacts/$1
    shift
    say "--- ${folder##*/} ---"
    mkdir -p "$folder"
    if ! { cmake -S "$native" -B "$folder" -DDEFRAG_TESTS=ON "$@" && cmake --build "$folder" -j 2; } \
        > "$folder/build.log" 2>&1; then
        tail -n 30 "$folder/build.log"
        say "the build failed"
        failed=$((failed + 1))
        return
    fi
    rm -f "$folder/result.xml"
    # Two at a time: many wait, for memory that comes back or for signals.
    ctest --test-dir "$folder" -j 2 --output-on-failure --output-junit "$folder/result.xml" || :
    grep '^skipped: ' "$folder/Testing/Temporary/LastTest.log" || :
    if [ ! -s "$folder/result.xml" ]; then
        failed=$((failed + 1))
        return
    fi
    all=$(attribute tests "$folder/result.xml")
    f=$(attribute failures "$folder/result.xml")
    s=$(($(attribute skipped "$folder/result.xml") + $(attribute disabled "$folder/result.xml")))
    passed=$((passed + all - f - s)) failed=$((failed + f)) skipped=$((skipped + s))
}

build_and_test native-tests
if echo 'int main(void) { return 0; }' |
    cc -x c -fsanitize=address,undefined -o /dev/null - 2> /dev/null; then
    build_and_test native-tests-sanitized -DDEFRAG_SANITIZE=ON
else
    say "skipped: the compiler has no sanitizers"
    skipped=$((skipped + 1))
fi

say "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
