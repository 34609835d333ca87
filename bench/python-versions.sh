#!/usr/bin/env bash
# Pythons of any version: each linked with our malloc and put to all that is tested of one, as a table. ./defrag bench python-versions
# calls this; docs/python-versions.md keeps what it prints.
#
#   bench/python-versions.sh STOCK...      executables of stock Pythons; a minute or two each. 1 if anything failed of one
#
# Of each: the checks of Build-DefragPython; the tests of lib/Defragger.Native/test/python, under an executable of their own; the
# malloc preloaded to the stock executable, where a worker must answer as it does without; and the cause that Measure-DefragPython
# finds in each program of samples/memory, on both. What failed is told on standard error.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { echo "python-versions: name the executable of one stock Python at least." >&2; exit 3; }
./defrag build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_STATE_HOME=$folder/state # what is linked here is gone in the end
tests=lib/Defragger.Native/test/python
library=artifacts/native/libdefragger.a
causes="cycles=ReferenceCycles cycles_del=ReferenceCycles growing_dict=Growth survivors=Fragmentation native_leak=Native healthy=None"
failed=0

fail() { # what, file with the reasons
    failed=1
    echo "python-versions: $stock: $1" >&2
    sed 's/^/    /' "$2" >&2
}

# The executable and how many checks passed of how many.
build() {
    STOCK=$stock DESTINATION=$folder/python ./defrag -c '
        $ErrorActionPreference = "Stop"
        $made = Build-DefragPython -FromInstalled $env:STOCK -Destination $env:DESTINATION -Force
        $checks = @(Test-DefragPython $made.Path)
        $passed = @($checks | Where-Object Status -eq Passed).Count
        $checks | Where-Object Status -ne Passed | ForEach-Object { [Console]::Error.WriteLine("$($_.Name): $($_.Status): $($_.Detail)") }
        $made.Executable
        "$passed of $($checks.Count)"' > "$folder/built" 2> "$folder/log"
}

# How many tests ran, and how many of them had nothing to test.
run_tests() {
    "$stock" -B $tests/link.py "$folder/$name" "$PWD/$library" > "$folder/log" 2>&1 || return 1
    local ran=0 skipped=0 script
    for script in domains module process installation "extension numpy" "extension lxml"; do
        # shellcheck disable=SC2086 # words
        set -- $script
        local one=$1
        shift
        $tests/run.sh "$stock" "$folder/$name" "$tests/test_$one.py" "$@" > "$folder/log" 2>&1 || [ $? -eq 77 ] || return 1
        ran=$((ran + $(sed -n 's/^Ran \([0-9]*\) test.*/\1/p' "$folder/log")))
        skipped=$((skipped + $(grep -c '^skipped: ' "$folder/log" || true)))
    done
    echo "$((ran - skipped)), $skipped skipped" > "$folder/tests"
}

cases() {
    local base
    find samples/baseline -name '*.sarif' | sort | while read -r base; do
        [ ! -f "samples/candidate${base#samples/baseline}" ] ||
            printf '{"case": "%s", "baseline": "%s", "candidate": "samples/candidate%s"}\n' "$base" "$base" "${base#samples/baseline}"
    done
}

# A worker that compares all samples answers the same with our malloc below it, and that served it.
preload() {
    "$stock" samples/compare.py --worker < "$folder/cases" > "$folder/plain" 2> "$folder/log" || [ $? -eq 1 ] || return 1
    LD_PRELOAD=$PWD/artifacts/native/libdefragger.so PYTHONMALLOC=malloc DEFRAGGER_STATISTICS=1 \
        "$stock" samples/compare.py --worker < "$folder/cases" > "$folder/preloaded" 2> "$folder/log" || [ $? -eq 1 ] || return 1
    [ -s "$folder/plain" ] && grep -q '^defragger ' "$folder/log" && cmp "$folder/plain" "$folder/preloaded" >> "$folder/log" 2>&1
}

# How many causes are found on a Python. On ours what survivors leave free goes back, and then there is nothing to find.
verdicts() { # executable, what is right for survivors as well
    local one found right=0 all=0
    : > "$folder/log"
    for one in $causes; do
        found=$(./defrag -c "(Measure-DefragPython 'samples/memory/${one%=*}.py' -Python '$1').Cause" 2>> "$folder/log" || true)
        all=$((all + 1))
        if [ "$found" = "${one#*=}" ] || { [ "${one%=*}" = survivors ] && [ "$found" = "$2" ]; }; then
            right=$((right + 1))
        else
            echo "${one%=*} is ${one#*=}, and it said '$found'" >> "$folder/log"
        fi
    done
    echo "$right of $all" > "$folder/verdicts"
    [ "$right" -eq "$all" ]
}

cases > "$folder/cases"
echo "    $(date +%F), commit $(git rev-parse --short HEAD), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(uname -sr)"
echo "    $(. /etc/os-release && echo "$PRETTY_NAME"), $(${CC:-gcc} --version | head -1)"
echo
echo "| Python | built by | checks | tests passed | preloaded | causes, stock | causes, ours |"
echo "|---|---|---|---|---|---|---|"
for stock; do
    name=python$("$stock" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    # Its version, its compiler, and those words of configure that name no place, or how many.
    about=$("$stock" -c 'import platform, shlex, sysconfig
words = [word for word in shlex.split(sysconfig.get_config_var("CONFIG_ARGS") or "") if "/" not in word]
print(platform.python_version(), "|", platform.python_compiler(), *(words if len(words) < 4 else ["and %d words" % len(words)]))')
    : > "$folder/built"
    build || fail "it was not built" "$folder/log"
    executable=$(sed -n 1p "$folder/built") checks=$(sed -n '2p' "$folder/built")
    if [ -z "$executable" ]; then
        echo "| $about | refused | | | | |"
        continue
    fi
    [ "${checks% of *}" = "${checks#* of }" ] || fail "checks: $checks" "$folder/log"
    echo failed > "$folder/tests"
    run_tests || fail "a test failed" "$folder/log"
    preloaded=yes
    preload || { preloaded=no; fail "preloaded, a worker answers otherwise" "$folder/log"; }
    verdicts "$stock" "" || fail "on the stock executable" "$folder/log"
    on_stock=$(cat "$folder/verdicts")
    verdicts "$executable" None || fail "on ours" "$folder/log"
    echo "| $about | $checks | $(cat "$folder/tests") | $preloaded | $on_stock | $(cat "$folder/verdicts") |"
done
exit "$failed"
