#!/usr/bin/env bash
# Builds a CPython from source through the cmdlet, with an empty cache, and tells what came of it. ./defrag bench python-build
# calls this; psake's task Python keeps what it prints in docs/python-build.md.
#
#   bench/python-build.sh [VERSION [FILE]]      3.11.2, to standard output; some 5 minutes on 2 cores
#
# Three builds: of the installed python3, of the source, and of the source again, which the cache has by then. Each was checked
# before it was placed, and is checked again where it lies. Everything is made in a folder that is gone at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-3.11.2}
file=${2:-}
./defrag build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

{
    echo "# Python $version, built from source through the cmdlet"
    echo
    echo "What \`./defrag bench python-build $version\` printed."
    echo
    echo "    $(. bench/common/machine.sh; machine)"
    echo "    $(. /etc/os-release && echo "$PRETTY_NAME"), $(${CC:-gcc} --version | head -1), $(make --version | head -1), $(ld --version | head -1)"
    BUILD_FOLDER=$folder BUILD_VERSION=$version XDG_CACHE_HOME=$folder/cache ./defrag -c '
$ErrorActionPreference = "Stop"
$folder = $env:BUILD_FOLDER
function Show([string] $Title, $Python) {
    ""
    "## $Title"
    ""
    "| | |"
    "|---|---|"
    "| Python | $($Python.Version), $($Python.Soabi) |"
    if ($Python.SourceSha256) { "| Source | $($Python.SourceSha256) |" }
    "| Allocator | $($Python.AllocatorVersion) |"
    "| Executable | $("{0:n0}" -f [System.IO.FileInfo]::new($Python.Executable).Length) bytes, SHA-256 $($Python.Sha256) |"
    foreach ($stage in $Python.Stages) { "| $($stage.Name) | {0:0.00} s |" -f $stage.Duration.TotalSeconds }
    "| All | **{0:0.0} s** |" -f $Python.Duration.TotalSeconds
    ""
    "| Check | | |"
    "|---|---|---|"
    foreach ($check in Test-DefragPython $Python.Path) { "| $($check.Name) | $($check.Status) | $($check.Detail.Replace($folder, "...")) |" }
}
if ([System.IO.File]::Exists("/usr/bin/python3")) {
    $installed = Build-DefragPython -FromInstalled /usr/bin/python3 -Destination "$folder/installed"
    Show "From the installed Python: an executable is linked" $installed
} else {
    ""
    "skipped: there is no /usr/bin/python3 to link for"
}
Show "From source, with an empty cache" (Build-DefragPython -Version $env:BUILD_VERSION -Destination "$folder/python")
Show "From source again, to another place: as with another allocator, a copy and a link" (Build-DefragPython -Version $env:BUILD_VERSION -Destination "$folder/again")
'
} > "$folder/report"
# Written when it is whole.
if [[ -n $file ]]; then cp "$folder/report" "$file"; else cat "$folder/report"; fi
