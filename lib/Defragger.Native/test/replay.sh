#!/bin/sh
# replay.sh REPLAY TRACE.gz [OPTION...]: replays a compressed trace. Exit code 77: skipped, there is no zcat.
set -eu
replay=$1 trace=$2
shift 2
if ! command -v zcat > /dev/null 2>&1; then
    echo "skipped: zcat is not installed"
    exit 77
fi
# A pipe's exit code is that of replay, which refuses a text that was cut off in a line; gzip tells the other cuts.
zcat "$trace" | "$replay" "$@" -
gzip -t "$trace"
