# Sourced by benchmarks: a step that says nothing unless it fails. What it says goes to the file $log of the caller.
quiet() { "$@" > "$log" 2>&1 || { echo "failed: $*" >&2; tail -n 20 "$log" >&2; exit 1; }; }
