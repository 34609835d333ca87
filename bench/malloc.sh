#!/usr/bin/env bash
# The same programs under glibc's malloc, its peers and ours: speed and memory. ./defrag bench malloc calls this.
#
#   bench/malloc.sh [OPTION...]          --help tells them; a whole run takes some ten minutes
#
# The programs are lib/Defragger.Native/bench/malloc and bench/malloc/*.py, the runner is bench/malloc/*.cs. A peer that is
# not installed is named and left out; nothing is installed here.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

. bench/common/quiet.sh

quiet cmake -S lib/Defragger.Native -B artifacts/native -DCMAKE_BUILD_TYPE=Release
quiet cmake --build artifacts/native --target defrag-launch --target bench-malloc-micro --target bench-malloc-memory
quiet dotnet build bench/malloc -c Release --nologo -v quiet

dotnet artifacts/bin/Defragger.Bench.Malloc/release/Defragger.Bench.Malloc.dll "$@"
