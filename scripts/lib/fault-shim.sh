#!/usr/bin/env bash
# Builds the library that makes a process's file calls fail, and prints its path. Usage: fault-shim.sh FOLDER
#
#   LD_PRELOAD=$(scripts/lib/fault-shim.sh FOLDER) QULOUD_FAULTS="sync:eio:after=40;path=/srv/quloud/blobs" quloud start
#
# What QULOUD_FAULTS may say is in Sources/CFaultDisk/plan.c.
set -euo pipefail

[ $# -eq 1 ] && [ -d "$1" ] || {
    echo "usage: fault-shim.sh FOLDER" >&2
    exit 64
}
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../Sources/CFaultDisk" && pwd)
library="$(cd "$1" && pwd)/fault-shim.so"
# Swift brings clang; a system's cc may be there in name only.
compiler=${CC:-$(command -v clang || command -v cc)}
"$compiler" -shared -fPIC -O2 -Wall -DQULOUD_FAULT_SHIM -I "$source/include" \
    -o "$library" "$source/interpose.c" "$source/plan.c" -ldl -lpthread
printf '%s\n' "$library"
