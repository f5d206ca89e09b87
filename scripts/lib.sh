# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shell functions that the other scripts share; they run with the clone's top
# directory as the current one, but for absolute.

# Where downloads and the compiler cache live, outside of the clone.
: "${SEAM_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/qemu-seam}"
export SEAM_CACHE
jobs=${JOBS:-$(nproc)}

die() { echo "$(basename "$0"): $*" >&2; exit 1; }

# absolute PATH: as seen from any directory; nothing stays nothing
absolute() {
    case $1 in
    '' | /*) echo "$1" ;;
    '~' | '~/'*) echo "$HOME${1#'~'}" ;;
    *) echo "$PWD/$1" ;;
    esac
}

# step LOG TEXT COMMAND...: run quietly; the log's end is shown on failure.
step() {
    step_log=build/log/$1.log
    echo "  $2"
    shift 2
    mkdir -p build/log
    if ! "$@" > "$step_log" 2>&1 < /dev/null; then
        tail -n 40 "$step_log" >&2
        die "'$1' failed; all of it is in $step_log"
    fi
}

# ninja_step LOG DIR TARGET...: build with a progress line now and then (each
# line on a terminal), the errors alone on failure.
ninja_step() {
    ninja_log=build/log/$1.log
    ninja_dir=$2
    shift 2
    mkdir -p build/log
    [ -t 1 ] && every=1 || every=400
    { NINJA_STATUS='[%f/%t] ' ninja -C "$ninja_dir" -j "$jobs" "$@" 2>&1 \
        < /dev/null && echo ninja-ok; } | tee "$ninja_log" |
        awk -v every=$every '
            /^\[[0-9]+\/[0-9]+\]/ {
                n++
                split(substr($1, 2), f, /[\/\]]/)
                if (every > 1 && n % every == 0) print "    " f[1] "/" f[2]
                if (every == 1) printf "\r    %s/%s ", f[1], f[2]
            }
            END { if (every == 1 && n) printf "\r\033[K" }'
    if [ "$(tail -n 1 "$ninja_log")" != ninja-ok ]; then
        grep -A 40 -m 1 -E '^FAILED:|ninja: error' "$ninja_log" >&2 ||
            tail -n 40 "$ninja_log" >&2
        die "the build in $ninja_dir failed; all of it is in $ninja_log"
    fi
}

# The compiler cache is shared by all clones; paths count relative to the clone.
use_ccache() {
    command -v ccache > /dev/null || return 0
    : "${CCACHE_DIR:=$SEAM_CACHE/ccache}"
    CCACHE_BASEDIR=$PWD
    CCACHE_NOHASHDIR=1
    export CCACHE_DIR CCACHE_BASEDIR CCACHE_NOHASHDIR
    ccache='ccache '
}
