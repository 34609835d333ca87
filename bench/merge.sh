#!/usr/bin/env bash
# What a long-lived worker holds in the end when its sparse pages are merged, beside the same without and under its peers.
# ./defrag bench merge calls this.
#
#   bench/merge.sh [OPTION...]          --help tells them; a whole run takes some six minutes
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

. bench/common/quiet.sh

quiet cmake -S lib/Defragger.Native -B artifacts/native -DCMAKE_BUILD_TYPE=Release
quiet cmake --build artifacts/native --target defrag-launch --target defragger
quiet dotnet build bench/merge -c Release --nologo -v quiet

dotnet artifacts/bin/Defragger.Bench.Merge/release/Defragger.Bench.Merge.dll "$@"
