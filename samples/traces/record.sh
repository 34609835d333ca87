#!/bin/sh
# Records all traces of this folder again, on Debian 12. record.sh [NAME...] makes only those that are named.
#
# Each program runs alone, with an environment of its own and at fixed addresses (setarch -R), so that nothing of the
# machine gets into its trace: with the same versions, a second run gives the same bytes.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd -P)
native=$(cd "$here/../../lib/Defragger.Native" && pwd -P)
python=/usr/bin/python3 # Debian's own, whatever else is on the PATH

die() { echo "record: $*" >&2; exit 1; }

for tool in cmake gcc setarch sqlite3 perl "$python"; do
    command -v "$tool" >/dev/null || die "needed and not found: $tool (apt-get install cmake gcc make perl python3 sqlite3 util-linux)"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cmake -S "$native" -B "$work/native" >/dev/null
cmake --build "$work/native" --target defragger defrag-trace >/dev/null

# record NAME COMMAND...: the command's operations in $work/NAME.raw, as the malloc records them; the file is that of the first
# process that has the malloc, and that is the command.
record() {
    raw=$work/$1.raw recording=$work/$1.recording
    shift
    rm -f "$recording"
    setarch -R env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 DEFRAGGER_RECORD="$recording" DEFRAGGER_BACKGROUND=0 LD_PRELOAD="$work/native/libdefragger.so" "$@"
    "$work/native/defrag-trace" --text "$recording" >"$raw"
}

# finish NAME STORY...
finish() {
    name=$1
    shift
    "$python" "$here/finish.py" "$work/$name.raw" "$here/$name.trace.gz" "$@"
}

python_worker() {
    mkdir "$work/cases"
    "$python" "$here/worker.py" write "$work/cases" 4 3600
    cp "$here/worker.py" "$work"
    cd "$work"
    record python-worker PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 "$python" -S worker.py run cases >&2
    finish python-worker 'A compare worker in Python: 4 cases of 3,600 + 3,600 records, of which 1 % survive.' \
        "$("$python" --version), PYTHONMALLOC=malloc. Ends when the last case was dropped."
}

gcc_compile() {
    cp "$native"/launcher/*.[ch] "$work"
    cd "$work"
    for file in "$native"/launcher/*.c; do echo "#include \"${file##*/}\""; done >launcher.c
    record gcc-compile "$(gcc -print-prog-name=cc1)" -quiet -O2 -std=c11 -D_GNU_SOURCE '-DDEFRAG_VERSION="0.1.0"' \
        -imultiarch "$(gcc -print-multiarch)" launcher.c -o launcher.s
    finish gcc-compile 'A C compiler: all sources of the launcher as one, with -O2.' "$(gcc --version | head -n 1), cc1 alone."
}

sqlite() {
    record sqlite sqlite3 -lookaside 0 0 :memory: <"$here/sqlite.sql" >"$work/answers"
    finish sqlite 'A database in memory: inserts, indexes, updates, deletes, questions (sqlite.sql).' \
        "SQLite $(sqlite3 --version | cut -d' ' -f1), no lookaside, no page pool."
}

perl_index() {
    record perl-index PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 perl "$here/index.pl" >&2
    # shellcheck disable=SC2016  # Perl's variable
    finish perl-index 'An index in Perl: 10 texts one after another, a little of each survives (index.pl).' \
        "Perl $(perl -e 'printf "%vd", $^V')."
}

[ $# -gt 0 ] || set -- python-worker gcc-compile sqlite perl-index
echo '| trace | operations | live peak | live end | capacity | file |'
echo '| --- | ---: | ---: | ---: | ---: | ---: |'
for name in "$@"; do
    case $name in
        python-worker) (python_worker) ;;
        gcc-compile) (gcc_compile) ;;
        sqlite) (sqlite) ;;
        perl-index) (perl_index) ;;
        *) die "there is no trace '$name': python-worker, gcc-compile, sqlite, perl-index" ;;
    esac
done
