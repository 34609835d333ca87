#!/bin/sh
# A script of tests under a Python on Defragger, if there is one.
#
#   run.sh STOCK PYTHON SCRIPT [WORD...]      STOCK is what PYTHON was linked from by link.py
set -eu
stock=$1 python=$2
shift 2
if ! [ -x "$python" ]; then
    echo "skipped: $stock could not be linked with our malloc (the test before says why)"
    exit 77
fi
DEFRAG_TEST_STOCK=$stock exec "$python" -B "$@"
