# Sourced by benchmarks: the line above a table that says when and on what machine it was measured.
# machine [FROM]: with a load of before, as in "0.63 to ", the load is told as a range.
machine() {
    echo "$(date +%F), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(uname -sr), load ${1:-}$(cut -d' ' -f1 /proc/loadavg)"
}
