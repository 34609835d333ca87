#!/usr/bin/env bash
# The same cases under our admission, under tiers, and under GNU parallel, in a cgroup with a limit of memory.
# ./defrag bench admission calls this.
#
#   bench/admission.sh [OPTION...]          --help tells them; a whole run takes some seven minutes
#
# The cases are bench/admission/hog.c on the curves of workload.py; run.py runs the policies, counts, and writes
# docs/benchmarks/admission.md. Where no cgroup can be made it says so and ends with 0.
set -euo pipefail
cd "$(dirname "$0")/.."

for need in cc:gcc python3:python3 parallel:parallel unshare:util-linux; do
    type -P "${need%%:*}" > /dev/null || { echo "${need%%:*} is missing: apt-get install ${need##*:}" >&2; exit 2; }
done
exec python3 -B bench/admission/run.py "$@"
