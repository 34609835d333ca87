#!/bin/sh
# What the compiler says of every C file of one revision: RESULTS/<file>.txt, a case each.
# It stands where your build and your analyser run.
#
#   analyse.sh CLONE REVISION RESULTS
#
# CLONE is a git clone; RESULTS is replaced. CC is the compiler, cc if it is not set.
set -eu

if [ $# -ne 3 ]; then
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
clone=$1
CC=${CC:-cc}
export CC
# Else "not found" would be what is said of every file, on both sides, and all would be the same.
command -v "$CC" > /dev/null || {
    echo "analyse.sh: there is no compiler '$CC'. Install gcc, or set CC." >&2
    exit 1
}
# Before the revision is a word of any other command it is a hash: one that begins with '-' is never an option.
commit=$(git -C "$clone" rev-parse --verify --quiet --end-of-options "$2^{commit}") || {
    echo "analyse.sh: '$2' is no revision of '$clone'." >&2
    exit 1
}
rm -rf "$3" "$3.sources"
mkdir -p "$3" "$3.sources"
results=$(cd "$3" && pwd)
sources=$(cd "$3.sources" && pwd)

git -C "$clone" archive --output="$sources/.tar" "$commit"
tar -x -f "$sources/.tar" -C "$sources"
cd "$sources"
# A file that does not compile has a result too: what the compiler says of it.
# shellcheck disable=SC2016 # the inner shell's variables
LC_ALL=C find . -name '*.c' -type f -exec sh -c '
    results=$1
    shift
    for file; do
        mkdir -p "$results/$(dirname "$file")"
        "$CC" -std=c11 -Wall -Wextra -fsyntax-only "$file" > "$results/$file.txt" 2>&1 || :
    done
' sh "$results" {} +
rm -rf "$sources"
