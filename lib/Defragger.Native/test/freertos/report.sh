#!/bin/sh
# What the FreeRTOS port costs: its code, for -m32 and (with arm-none-eabi-gcc) for a Cortex-M3, at -Os; and what
# heaps of 2, 4 and 32 KiB hold of blocks of some sizes. Prints only; the kernel's headers are the simulated ones.
#
# report.sh [OTHER.c]: the same for another heap's source of the same interface beside ours, such as heap_4.c.
set -eu
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd -P)
native=$here/../..
work=$native/../../artifacts/freertos
other=${1:-}
mkdir -p "$work"

flags="-std=c11 -Os -DDF_HOLDS=0 -ffunction-sections -fdata-sections -DSIMULATION_SILENT -DconfigTOTAL_HEAP_SIZE=32768"
roots="pvPortMalloc vPortFree pvPortCalloc xPortGetFreeHeapSize xPortGetMinimumEverFreeHeapSize
    xPortResetHeapMinimumEverFreeHeapSize vPortGetHeapStats vPortInitialiseBlocks vPortHeapResetState"

# code COMPILER NAME OPTION... -- SOURCE...: size of what is left of the sources when a kernel takes all of the
# functions above. bss has the heap itself.
code() {
    compiler=$1 name=$2
    shift 2
    if ! command -v "${compiler%% *}" > /dev/null 2>&1; then
        echo "$name: skipped, $compiler is not installed"
        return
    fi
    options="" keep="-Wl,--gc-sections"
    while [ "$1" != -- ]; do options="$options $1"; shift; done
    shift
    for root in $roots; do keep="$keep -Wl,-u,$root"; done
    # shellcheck disable=SC2086 # options are words
    if "$compiler" $flags $options -I "$here/simulation" -I "$native/include" -r -nostdlib $keep \
        -o "$work/code.o" "$@" 2> "$work/log"; then
        # shellcheck disable=SC2046
        set -- $("${compiler%gcc}size" "$work/code.o" 2> /dev/null | tail -n 1)
        echo "$name: text $1, data $2, bss $3 (32768 of it the heap)"
    else
        echo "$name: skipped, $(head -n 1 "$work/log")"
    fi
}

core="$native/src/core/heap.c $native/src/core/heap_view.c"
# shellcheck disable=SC2086
{
    code gcc 'core + port, -m32 -Os' -m32 -fno-pie -fno-stack-protector -- "$native/src/freertos/heap_defragger.c" $core
    code arm-none-eabi-gcc 'core + port, Cortex-M3 -Os' -mcpu=cortex-m3 -mthumb -- \
        "$native/src/freertos/heap_defragger.c" $core
    if [ -n "$other" ]; then
        code gcc "$(basename "$other"), -m32 -Os" -m32 -fno-pie -fno-stack-protector -- "$other"
        code arm-none-eabi-gcc "$(basename "$other"), Cortex-M3 -Os" -mcpu=cortex-m3 -mthumb -- "$other"
    fi
}

# usage NAME TOTAL OPTION... SOURCE...
usage() {
    name=$1 total=$2
    shift 2
    echo "A heap of $total bytes, $name:"
    gcc -std=c11 -O1 "-DconfigTOTAL_HEAP_SIZE=$total" -I "$here/simulation" -I "$native/include" "$@" \
        "$here/usage.c" "$here/simulation/simulation.c" -o "$work/usage" && "$work/usage"
}

bits=-m32
echo 'int main(void) { return 0; }' > "$work/empty.c"
gcc -m32 "$work/empty.c" -o "$work/empty" 2> /dev/null || { bits=-m64; echo "32-bit programs: skipped"; }
# shellcheck disable=SC2086
for total in 2048 4096 32768; do
    usage "core + port, $bits" $total $bits "$native/src/freertos/heap_defragger.c" $core
    [ -z "$other" ] || usage "$(basename "$other"), $bits" $total $bits "$other"
done
