#!/bin/sh
# Makes samples/baseline and samples/candidate again, from nothing, on Debian 12.
#
#   make-samples.sh [--source-311 TARBALL] [--source-313 TARBALL]
#                   [--dest FOLDER] [--jobs N] [--no-install]
#
#   --source-311, --source-313   the sources, if they are there already;
#                                otherwise they come by apt-get
#   --dest FOLDER                where baseline/ and candidate/ go
#                                (by default the folder of this script)
#   --jobs N                     how many clangs at once (by default nproc)
#   --no-install                 don't install packages
#
# The data is what clang 14's static analyser says of CPython's Modules/, one
# SARIF file per C file: CPython 3.11.2 is the baseline, 3.13.5 the candidate.
# Both folders are made beside the old ones, which are replaced at the end only,
# when all has gone well. A second run gives the same bytes.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

say() { echo "make-samples: $*" >&2; }
die() { say "$*"; exit 1; }

# --- The two sources, as their Debian releases ship them ---------------------
TAR_311=python3.11_3.11.2.orig.tar.gz
SHA_311=2411c74bda5bbcfcddaf4531f66d1adc73f247f529aee981b029513aefdbf849
TAR_313=python3.13_3.13.5.orig.tar.xz
SHA_313=93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640
CLANG=clang-14
CLANG_VERSION=14.0.6

# --- Options -----------------------------------------------------------------
here=$(cd "$(dirname "$0")" && pwd -P)
dest=$here
source_311=
source_313=
jobs=$(nproc)
install=yes
while [ $# -gt 0 ]; do
    case $1 in
        --source-311) source_311=${2:?}; shift 2 ;;
        --source-313) source_313=${2:?}; shift 2 ;;
        --dest) dest=${2:?}; shift 2 ;;
        --jobs) jobs=${2:?}; shift 2 ;;
        --no-install) install=no; shift ;;
        *) sed -n '2,/^set -eu/{/^#/s/^# \{0,1\}//p;}' "$0" >&2; exit 2 ;;
    esac
done
mkdir -p "$dest"
dest=$(cd "$dest" && pwd -P)

# All of the work is done in one temporary folder; the results are collected in
# a second one inside $dest, so that the last step is a mere rename.
work=$(mktemp -d)
work=$(cd "$work" && pwd -P)
new=$(mktemp -d "$dest/.new-XXXXXX")
trap 'rm -rf "$work" "$new"' EXIT
trap 'exit 1' HUP INT TERM

# --- Packages ----------------------------------------------------------------
# The -dev packages decide which parts of the modules ./configure turns on.
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
if [ "$install" = yes ]; then
    say "installing packages"
    $sudo apt-get update -q >/dev/null
    $sudo apt-get install -q -y --no-install-recommends \
        "$CLANG" dpkg-dev gcc make pkg-config libc6-dev python3 xz-utils \
        debian-archive-keyring \
        libbz2-dev libffi-dev liblzma-dev libncurses-dev libnsl-dev \
        libreadline-dev libsqlite3-dev libssl-dev libtirpc-dev uuid-dev \
        zlib1g-dev >/dev/null
fi
case $("$CLANG" --version) in
    *"clang version $CLANG_VERSION"*) ;;
    *) die "need clang $CLANG_VERSION, have $("$CLANG" --version | head -n 1)" ;;
esac

# --- Sources -----------------------------------------------------------------
# Debian 12 knows neither sources nor Debian 13 as it is set up. So a source
# list is made for this run alone, of the very mirror that the machine's own
# list has for Debian 12; the machine's configuration stays as it is.
apt_src() {
    apt-get -q \
        -o Dir::Etc::sourcelist="$work/apt/sources.list" \
        -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/apt/lists" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o APT::Sandbox::User=root "$@"
}
if [ -z "$source_311" ] || [ -z "$source_313" ]; then
    say "getting the sources"
    # shellcheck disable=SC2016  # apt-get replaces this itself
    mirror=$(apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Codename: bookworm' 'Label: Debian' \
        'Component: main' | sort -u | head -n 1)
    [ -n "$mirror" ] || die "apt has no mirror of Debian 12; give --source-311 and --source-313"
    mkdir -p "$work/apt/lists/partial" "$work/tar"
    for suite in bookworm trixie; do
        echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done >"$work/apt/sources.list"
    apt_src update >/dev/null
    for package in python3.11 python3.13; do
        (cd "$work/tar" && apt_src source --tar-only --download-only "$package" >/dev/null)
    done
fi
source_311=${source_311:-$work/tar/$TAR_311}
source_313=${source_313:-$work/tar/$TAR_313}

# unpack TARBALL SHA256 FOLDER: nothing is unpacked whose hash is another.
unpack() {
    [ -f "$1" ] || die "no file $1: does the mirror have another version?"
    echo "$2  $1" | sha256sum -c --quiet - || die "$1: wrong sha256"
    mkdir -p "$3"
    tar -xf "$1" -C "$3" --strip-components=1
}
unpack "$source_311" "$SHA_311" "$work/baseline"
unpack "$source_313" "$SHA_313" "$work/candidate"

# --- What to analyse ---------------------------------------------------------
# Modules/*.c and two of its subfolders, but for
#   - other systems' files: Windows, macOS, and fallbacks that other files include
#   - Tk, dbm and gdbm, whose libraries are not installed
#   - getpath.c, which needs a generated header, and config.c, itself generated
#   - the modules for tests and examples
cases() {
    # shellcheck disable=SC2010  # no odd names there
    ls Modules/*.c Modules/_io/*.c Modules/_ctypes/*.c |
        grep -v \
            -e '^Modules/_winapi\.c$' -e '^Modules/overlapped\.c$' \
            -e '^Modules/_io/winconsoleio\.c$' -e '^Modules/_scproxy\.c$' \
            -e '^Modules/getaddrinfo\.c$' -e '^Modules/getnameinfo\.c$' \
            -e '^Modules/_tkinter\.c$' -e '^Modules/tkappinit\.c$' \
            -e '^Modules/_dbmmodule\.c$' -e '^Modules/_gdbmmodule\.c$' \
            -e '^Modules/getpath' -e '^Modules/getbuildinfo\.c$' \
            -e '^Modules/config\.c$' \
            -e '^Modules/_test' -e '^Modules/_ctypes/_ctypes_test' \
            -e '^Modules/xx'
}

# --- How to analyse ----------------------------------------------------------
# The checkers that are on by default and make sense for C, and those of the
# "alpha" ones that find something in such a program without drowning the rest.
# max-nodes bounds the work per function by a number of steps (not by time, so
# the results stay the same everywhere): a sixth of the default, for a run of
# some minutes.
checkers=core,unix,deadcode,security,valist,nullability,optin.portability
checkers=$checkers,alpha.core.BoolAssignment,alpha.core.CastSize
checkers=$checkers,alpha.core.Conversion,alpha.core.IdenticalExpr
checkers=$checkers,alpha.core.PointerSub,alpha.core.TestAfterDivZero
checkers=$checkers,alpha.deadcode.UnreachableCode
checkers=$checkers,alpha.security.ArrayBoundV2,alpha.security.MallocOverflow
checkers=$checkers,alpha.security.ReturnPtrRange,alpha.security.cert
checkers=$checkers,alpha.unix.Stream,alpha.unix.StdCLibraryFunctionArgs
checkers=$checkers,alpha.unix.cstring
# This one reports each and every memcpy.
unwanted=security.insecureAPI.DeprecatedOrUnsafeBufferHandling

cat >"$work/one.sh" <<'ONE'
# one.sh FILE.c: run in the root of the sources; writes $out/FILE.sarif
set -eu
raw=$raw_dir/${1%.c}.sarif
mkdir -p "$(dirname "$raw")"
if ! nice -n 10 "$CLANG" --analyze --analyzer-output sarif \
    -Xclang -analyzer-checker="$checkers" \
    -Xclang -analyzer-disable-checker="$unwanted" \
    -Xclang -analyzer-config -Xclang max-nodes=40000 \
    -std=c11 -w -DNDEBUG -D_GNU_SOURCE -DPy_BUILD_CORE \
    -I. -IInclude -IInclude/internal \
    -IModules/expat -IModules/_hacl/include $library_flags \
    -o "$raw" "$1" >"$raw.log" 2>&1 || ! [ -s "$raw" ]
then
    echo "make-samples: clang failed on $1:" >&2
    grep -m 3 'error:' "$raw.log" >&2 || tail -n 20 "$raw.log" >&2
    exit 1
fi
python3 "$here/relative_sarif.py" . "$raw" "$out/${1%.c}.sarif"
ONE
library_flags=$(pkg-config --cflags libtirpc uuid)
export CLANG checkers unwanted library_flags here

for side in baseline candidate; do
    say "$side: configure"
    (cd "$work/$side" && nice -n 10 ./configure -q CC="$CLANG" >"$work/$side.log" 2>&1) ||
        { tail -n 20 "$work/$side.log" >&2; die "$side: configure failed"; }
    say "$side: clang"
    raw_dir=$work/raw/$side
    out=$new/$side
    export raw_dir out
    (cd "$work/$side" && cases | xargs -P "$jobs" -n 1 sh "$work/one.sh")
done

# --- Put the new folders in the place of the old ones ------------------------
chmod -R u=rwX,go=rX "$new"
for side in baseline candidate; do
    [ ! -e "$dest/$side" ] || mv "$dest/$side" "$new/old-$side"
    mv "$new/$side" "$dest/$side"
done
python3 "$here/totals.py" "$dest"
