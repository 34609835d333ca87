#!/bin/sh
# Environment variables: a bad value gives one line on stderr and the default; good and empty ones give none.
#
#   settings.sh LIBRARY PROBE             bad, good and empty values
#   settings.sh secure LINKED_PROBE       a program with another's rights ignores them all (as root only)
set -u
failed=0 checks=0
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

skip() {
    echo "skipped: $1"
    exit 77
}

# run SETTING...: the probe's stderr in $folder/err, its exit code in $code, its stdout in $folder/out.
run() {
    code=0
    env -u DEFRAG_TEST_OURS "$@" > "$folder/out" 2> "$folder/err" || code=$?
}

wrong() {
    failed=$((failed + 1))
    echo "wrong: $1"
    sed 's/^/  /' "$folder/err"
}

# expect LINES WORDS WHAT: it worked, with so many lines on stderr, the words in each of them.
expect() {
    checks=$((checks + 1))
    [ "$code" -eq 0 ] && [ "$(cat "$folder/out")" = worked ] || wrong "$3: it ended with $code"
    [ "$(wc -l < "$folder/err")" -eq "$1" ] || wrong "$3: $(wc -l < "$folder/err") lines, not $1"
    [ "$(grep -c -e "$2" "$folder/err")" -eq "$1" ] || wrong "$3: without the words $2"
}

values() {
    library=$1 probe=$2
    while read -r name bad; do
        for value in $bad; do
            run LD_PRELOAD="$library" "$name=$value" "$probe"
            expect 1 "$name" "$name=$value"
        done
        run LD_PRELOAD="$library" "$name=" "$probe"
        expect 0 '' "$name="
    done <<'END'
DEFRAGGER 0 1 OFF no
DEFRAGGER_BACKGROUND 2 -1 yes 01x 99999999999999999999
DEFRAGGER_DECAY_MS -1 3600001 1s 0x10 1e3 18446744073709551617
DEFRAGGER_CACHE -1 2049 many 4294967297
DEFRAGGER_ON_ERROR Abort 1 ignore warnings
DEFRAGGER_HARDENED 2 on true
DEFRAGGER_STATISTICS 2 yes
DEFRAGGER_MERGE 0 1 yes automatic
END
    run LD_PRELOAD="$library" 'DEFRAGGER_CACHE= 1' "$probe"
    expect 1 DEFRAGGER_CACHE 'a blank before a number'
    run LD_PRELOAD="$library" "DEFRAGGER_CACHE=$(printf '\033[31m\nred')" "$probe"
    expect 1 DEFRAGGER_CACHE 'control characters'
    run LD_PRELOAD="$library" "DEFRAGGER_CACHE=$(head -c 100000 /dev/zero | tr '\0' 7)" "$probe"
    expect 1 DEFRAGGER_CACHE 'a very long value'
    run LD_PRELOAD="$library" DEFRAGGER_CACHE=x DEFRAGGER_DECAY_MS=x DEFRAGGER_ON_ERROR=x "$probe"
    expect 3 DEFRAGGER_ 'three bad ones'
    run LD_PRELOAD="$library" DEFRAGGER_CACHES=1 DEFRAGGER_=1 "$probe"
    expect 0 '' 'names of no variable'

    while read -r setting; do
        run LD_PRELOAD="$library" "$setting" "$probe"
        expect 0 '' "$setting"
    done <<'END'
DEFRAGGER_BACKGROUND=0
DEFRAGGER_BACKGROUND=1
DEFRAGGER_DECAY_MS=0
DEFRAGGER_DECAY_MS=3600000
DEFRAGGER_CACHE=0
DEFRAGGER_CACHE=64
DEFRAGGER_ON_ERROR=abort
DEFRAGGER_ON_ERROR=warn
DEFRAGGER_HARDENED=0
DEFRAGGER_HARDENED=1
DEFRAGGER_STATISTICS=0
DEFRAGGER_MERGE=off
DEFRAGGER_MERGE=on
DEFRAGGER_MERGE=auto
DEFRAGGER_MERGE=ksm
END
    run LD_PRELOAD="$library" DEFRAGGER_MERGE=ksm DEFRAGGER_HARDENED=1 "$probe"
    expect 1 DEFRAGGER_MERGE=ksm 'what hardened mode does not allow'

    run LD_PRELOAD="$library" DEFRAGGER_STATISTICS=1 "$probe"
    [ "$code" -eq 0 ] && [ -s "$folder/err" ] || wrong 'DEFRAGGER_STATISTICS=1 prints nothing'

    # A recording that cannot start is said once, and the program runs.
    run LD_PRELOAD="$library" DEFRAGGER_RECORD="$folder/missing/file" "$probe"
    expect 1 '' 'DEFRAGGER_RECORD in a folder that is not there'
    : > "$folder/taken"
    run LD_PRELOAD="$library" DEFRAGGER_RECORD="$folder/taken" "$probe"
    expect 1 '' 'DEFRAGGER_RECORD over a file'
    [ ! -s "$folder/taken" ] || wrong 'DEFRAGGER_RECORD wrote over a file'
    run LD_PRELOAD="$library" DEFRAGGER_RECORD="$folder/record-%p" "$probe"
    expect 0 '' 'DEFRAGGER_RECORD'
    set -- "$folder"/record-[0-9]*
    [ -s "$1" ] || wrong 'DEFRAGGER_RECORD with %p wrote nothing'
    [ "$(stat -c %a "$1")" = 600 ] || wrong "the recording has mode $(stat -c %a "$1")"
}

secure() {
    probe=$1
    [ "$(id -u)" -eq 0 ] || skip 'only root makes a program that runs with the rights of another'
    cp "$probe" "$folder/probe" && chown 1 "$folder/probe" && chmod 4755 "$folder/probe" && chmod 755 "$folder"
    "$folder/probe" secure || skip 'set-user-id has no effect in the folder for temporary files'
    mkdir -m 777 "$folder/open"
    run DEFRAGGER_CACHE=x DEFRAGGER_STATISTICS=1 DEFRAGGER_ON_ERROR=x DEFRAGGER_RECORD="$folder/open/record" \
        "$folder/probe"
    expect 0 '' 'with the rights of another'
    [ ! -e "$folder/open/record" ] || wrong 'it recorded'
    # The same program without the mode does listen, so the check above had something to see.
    chmod 755 "$folder/probe"
    run DEFRAGGER_CACHE=x "$folder/probe"
    expect 1 DEFRAGGER_CACHE 'with our own rights'
}

if [ "$1" = secure ]; then secure "$2"; else values "$1" "$2"; fi
echo "$checks checks, $failed failed"
[ "$failed" -eq 0 ]
