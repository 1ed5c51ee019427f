#!/usr/bin/env bash
# Makes the environment Pathways runs in, and afterwards does again only what changed.
#
#   tools/environment.sh ready [EXTRA...]       bring $VENV up to date with the core and EXTRAs
#   tools/environment.sh interpreter [VERSION]  print the Python it would be made with
#
# VENV    folder of the environment (.venv)
# PYTHON  interpreter to make it with (the newest found that works)
#
# What was done is noted in $VENV/.pathways, each note written after the step it stands for, so
# the script may be stopped anywhere and started again.
set -euo pipefail
exec </dev/null
# pip turns Ctrl-C into an ordinary failure; this stops the script all the same.
trap 'exit 130' INT TERM
# Packages lying elsewhere must not pass for installed.
unset PYTHONPATH PYTHONHOME

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"
VENV=${VENV:-.venv}
PYTHON=${PYTHON:-}
case $VENV in /*) ;; *) VENV=$root/$VENV ;; esac
notes=$VENV/.pathways
venv_python=$VENV/bin/python
versions="3.13 3.12 3.11"

say() { printf 'Pathways: %s\n' "$*" >&2; }
fail() { say "$*"; exit 2; }

# --- Which interpreter ---------------------------------------------------------------------

# Prints "version|path|what it lacks"; written so that any Python can at least parse it.
probe='
import os, sys, sysconfig
def can_import(name):
    try:
        __import__(name)
        return True
    except ImportError:
        return False
config = sysconfig.get_config_var
folders = [config("INCLUDEPY"), sysconfig.get_path("include")]
version = "%d.%d" % sys.version_info[:2]
if not hasattr(sys, "getrefcount") or config("Py_GIL_DISABLED"):
    version += " (not standard CPython)"
lacks = []
if not any(f and os.path.exists(os.path.join(f, "Python.h")) for f in folders):
    lacks.append("headers")
if not can_import("venv") or not (can_import("ensurepip") or can_import("pip")):
    lacks.append("venv")
print("|".join([version, sys.executable, " ".join(lacks)]))
'

# Version-manager shims exist and fail when run: only what answers counts.
probe_of() { "$1" -c "$probe" 2>/dev/null | tail -n 1; }

# Every command and folder where a Python may be, the newest version first.
candidates() {
    local version name folder
    for version in $versions; do
        type -ap "python$version" || true
        for folder in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version"*; do
            printf '%s\n' "$folder/bin/python"
        done
    done
    for name in python3 python; do type -ap "$name" || true; done
}

in_range() { case " $versions " in *" $1 "*) return 0 ;; *) return 1 ;; esac }

explain_lack() { # version path lacks
    case $3 in
    *headers*)
        fail "Python $1 at $2 has no C headers (Python.h): install them (Debian, Ubuntu: apt-get" \
            "install python$1-dev; Fedora: dnf install python$1-devel) or name another" \
            "interpreter with PYTHON=." ;;
    *)
        fail "Python $1 at $2 cannot make environments: install its venv module (Debian, Ubuntu:" \
            "apt-get install python$1-venv) or name another interpreter with PYTHON=." ;;
    esac
}

# Sets python_version and python_path, or says what is missing.
choose_interpreter() {
    local candidate answer lacks first_lack=""
    while IFS= read -r candidate; do
        [ -x "$candidate" ] || continue
        answer=$(probe_of "$candidate") || continue
        IFS='|' read -r python_version python_path lacks <<<"$answer"
        in_range "$python_version" || continue
        [ -n "$lacks" ] || return 0
        first_lack=${first_lack:-$answer}
    done < <(candidates)
    [ -n "$first_lack" ] || fail "no Python ${versions// /, } was found that runs: install one" \
        "(Debian, Ubuntu: apt-get install python3 python3-dev python3-venv) or name it with PYTHON=."
    IFS='|' read -r python_version python_path lacks <<<"$first_lack"
    explain_lack "$python_version" "$python_path" "$lacks"
}

# The same for the interpreter the user named.
check_named_interpreter() {
    local answer lacks
    answer=$(probe_of "$PYTHON") && [ -n "$answer" ] || fail "PYTHON=$PYTHON does not run."
    IFS='|' read -r python_version python_path lacks <<<"$answer"
    in_range "$python_version" ||
        fail "PYTHON=$PYTHON is Python $python_version; Pathways needs one of ${versions// /, }."
    [ -z "$lacks" ] || explain_lack "$python_version" "$python_path" "$lacks"
}

find_interpreter() {
    if [ -n "$PYTHON" ]; then check_named_interpreter; else choose_interpreter; fi
}

# --- Compiler ------------------------------------------------------------------------------

check_compiler() { # python
    local compiler flags="" folder failure
    compiler=${CC:-$("$1" -c 'import sysconfig; print(sysconfig.get_config_var("CC") or "cc")')}
    case $(uname -m) in x86_64 | amd64) flags="-march=x86-64-v4" ;; esac
    folder=$(mktemp -d)
    printf 'int main(void) { return 0; }\n' >"$folder/try.c"
    # The compiler's command may hold flags, hence no quotes.
    if ! $compiler $flags -o "$folder/try" "$folder/try.c" >"$folder/log" 2>&1; then
        failure=$(head -n 1 "$folder/log")
        rm -rf "$folder"
        fail "the C compiler '$compiler' does not work (${failure:-no message}): install gcc 11 or" \
            "clang 12 or newer (Debian, Ubuntu: apt-get install build-essential; Fedora: dnf" \
            "install gcc) or name one with CC=."
    fi
    rm -rf "$folder"
}

# --- Environment ---------------------------------------------------------------------------

noted() { [ -f "$notes/$1" ] && [ "$(cat "$notes/$1")" = "$2" ]; }
note() { printf '%s\n' "$2" >"$notes/$1.new" && mv "$notes/$1.new" "$notes/$1"; }

is_finished() {
    noted place "$VENV" && [ ! -e "$notes/installing" ] && "$venv_python" -c 'import pip' 2>/dev/null
}

# An environment the user asked for with another interpreter has to be made anew.
is_as_asked() {
    [ -z "$PYTHON" ] || { find_interpreter && noted interpreter "$python_version $python_path"; }
}

remove_unfinished() {
    [ -e "$VENV" ] || return 0
    if [ ! -d "$notes" ] && [ ! -f "$VENV/pyvenv.cfg" ] && [ -n "$(ls -A "$VENV")" ]; then
        fail "$VENV is there and is no environment: remove it or name another folder with VENV=."
    fi
    say "the environment $VENV is unfinished, damaged, moved or of another Python: making it anew"
    rm -rf "$VENV"
}

make_environment() {
    remove_unfinished
    say "making the environment $VENV with Python $python_version ($python_path)"
    mkdir -p "$notes"
    if "$python_path" -c 'import ensurepip' 2>/dev/null; then
        "$python_path" -m venv "$VENV"
    else
        "$python_path" -m venv --without-pip "$VENV"
        "$python_path" -m pip --python "$venv_python" install --quiet pip
    fi
    note interpreter "$python_version $python_path"
    note place "$VENV"
}

# pip cut off in the middle may leave a package that looks installed: such an environment is
# told by this mark and made anew.
pip_install() {
    touch "$notes/installing"
    if "$venv_python" -m pip install --disable-pip-version-check --no-input "$@"; then
        rm "$notes/installing"
    else
        rm "$notes/installing"
        fail "pip could not install; its message is above. Run the same command again when it can."
    fi
}

fingerprint() { "$venv_python" tools/fingerprint.py "$@"; }

install_requirements() { # core | EXTRA
    local wanted set=$1 requirement list=()
    wanted=$(fingerprint requirements "$set")
    noted "requirements-$set" "$wanted" && return 0
    while IFS= read -r requirement; do list+=("$requirement"); done <<<"$wanted"
    say "installing requirements ($set); the first time this takes a few minutes"
    pip_install --quiet "${list[@]}"
    note "requirements-$set" "$wanted"
}

build() {
    local installed built
    installed=$(fingerprint install)
    built=$(fingerprint build)
    noted install "$installed" && noted build "$built" && return 0
    check_compiler "$venv_python"
    say "compiling; the first time this takes a minute"
    if noted install "$installed"; then
        "$venv_python" setup.py --quiet build_ext --inplace >&2
    else
        pip_install --quiet --no-deps --no-build-isolation --editable .
    fi
    note install "$installed"
    note build "$(fingerprint build)"
}

ready() {
    local extra
    if ! is_finished || ! is_as_asked; then
        find_interpreter
        check_compiler "$python_path"
        make_environment
    fi
    for extra in core "$@"; do install_requirements "$extra"; done
    build
}

# Two runs at once would undo each other's work; without flock they are the user's to avoid.
lock() {
    command -v flock >/dev/null || return 0
    mkdir -p build
    exec 9>build/environment.lock
    flock -n 9 || { say "waiting for another run in this folder"; flock 9; }
}

case ${1:-} in
ready)
    shift
    lock
    ready "$@"
    ;;
interpreter)
    versions=${2:-$versions}
    find_interpreter
    printf '%s\n' "$python_path"
    ;;
*) fail "usage: tools/environment.sh ready [EXTRA...] | interpreter [VERSION]" ;;
esac
