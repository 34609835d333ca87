#!/usr/bin/env bash
# A worker that lives long, on an installed Python and on the same one linked with our malloc; or CPython's tests on both.
# ./defrag bench python calls this.
#
#   bench/python.sh [OPTION...]          --help tells them; a whole run takes some four minutes, the suite some five
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

. bench/common/quiet.sh

quiet cmake -S lib/Defragger.Native -B artifacts/native -DCMAKE_BUILD_TYPE=Release
quiet cmake --build artifacts/native --target defrag-launch --target defragger-static
quiet dotnet build bench/python -c Release --nologo -v quiet

dotnet artifacts/bin/Defragger.Bench.Python/release/Defragger.Bench.Python.dll "$@"
