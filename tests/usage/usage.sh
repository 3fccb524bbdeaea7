#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

# usage.sh SOURCE BUILD KIND: is what a stranger would do with the library in the
# build folder: install it, look at it, compile against it, put it into a project.
# KIND is that of the library there: shared, static or both.
set -u
source=$1
build=$2
kind=$3
here=$build/usage
rm -rf "$here"
mkdir -p "$here"
XDG_STATE_HOME=$here/state
export XDG_STATE_HOME

n=0
check () {
  n=$((n + 1))
  name=$1
  shift
  if "$@" >"$here/log" 2>&1; then
    echo "ok $n $name"
  else
    echo "not ok $n $name"
    sed 's/^/# /' "$here/log"
  fi
}

# check_shared NAME COMMAND... : for what only a shared library has
check_shared () {
  if [ "$kind" = static ]; then
    n=$((n + 1))
    echo "ok $n $1 # SKIP the library is static"
  else
    check "$@"
  fi
}

prefix=/usr
root=$here/root
DESTDIR=$root
export DESTDIR
check install meson install -C "$build" --no-rebuild
unset DESTDIR

prefix=$(find "$root" -name tempfile-glib-1.pc | head -n 1)
PKG_CONFIG_PATH=$(dirname "$prefix"):${PKG_CONFIG_PATH:-}
PKG_CONFIG_SYSROOT_DIR=$root
LD_LIBRARY_PATH=$(dirname "$(dirname "$prefix")")
export PKG_CONFIG_PATH LD_LIBRARY_PATH
lib=$LD_LIBRARY_PATH/libtempfile-glib-1.so.0

# The sysroot is for our own paths only: GLib's are where they are.
flags () {
  PKG_CONFIG_SYSROOT_DIR=$root pkg-config --cflags --libs tempfile-glib-1 |
    sed "s|$root\(/usr/include/\)|\1|g; s|$root\(/usr/lib/[^ ]*glib-2.0/include\)|\1|g"
  pkg-config --cflags --libs gio-unix-2.0
  echo "-I$(dirname "$(dirname "$(find "$root" -name tempfile-glib.h)")") -L$LD_LIBRARY_PATH"
}

compile () {
  compiler=$1
  shift
  # shellcheck disable=SC2046
  "$compiler" -Wall -Wextra -Werror "$@" -o "$here/program" $(flags)
}

subproject () {
  mkdir -p "$here/project/subprojects"
  ln -s "$source" "$here/project/subprojects/tempfile-glib"
  cp "$source/tests/usage/program.c" "$here/project"
  cat >"$here/project/meson.build" <<END
project('user', 'c')
dep = dependency('tempfile-glib-1', fallback: 'tempfile-glib', default_options: ['tests=false', 'introspection=disabled', 'default_library=both'])
test('program', executable('program', 'program.c', dependencies: dep))
END
  env -u PKG_CONFIG_PATH meson setup "$here/project/build" "$here/project" --wrap-mode=forcefallback &&
    meson test -C "$here/project/build"
}

helper () {
  helper=$(find "$root" -name tempfile-glib-sweep -type f)
  "$helper" --version && "$helper" --dry-run
}

# The prefix was moved, and has a helper that leaves a trace.
moved () {
  old=$(dirname "$(dirname "$(find "$root" -path '*/include/tempfile-glib-1')")") &&
    cp -a "$old" "$here/moved" &&
    helper=$(find "$here/moved" -name tempfile-glib-sweep -type f) &&
    mv "$helper" "$helper.real" || return 1
  cat >"$helper" <<END
#!/bin/sh
touch "$here/moved/trace"
exec "$helper.real" "\$@"
END
  chmod +x "$helper"
  compile cc "$source/tests/usage/left.c" &&
    env -u TEMPFILE_GLIB_SWEEP LD_LIBRARY_PATH="$here/moved${LD_LIBRARY_PATH#"$old"}" "$here/program" guarded &&
    test -e "$here/moved/trace"
}

# A static library, in a prefix of its own; nothing else is there to be linked.
static_install () {
  meson setup "$here/static" "$source" --prefix="$here/static-prefix" --libdir=lib --buildtype=plain \
    -Ddefault_library=static -Dtests=false &&
    meson compile -C "$here/static" &&
    meson install -C "$here/static" --no-rebuild &&
    test -e "$here/static-prefix/lib/libtempfile-glib-1.a" &&
    test -z "$(find "$here/static-prefix" -name '*.so*')"
}

static_compile () {
  # shellcheck disable=SC2046
  cc -Wall -Wextra -Werror -o "$here/static-program" "$1" \
    $(PKG_CONFIG_PATH=$here/static-prefix/lib/pkgconfig pkg-config --static --cflags --libs tempfile-glib-1)
}

static_runs () {
  static_compile "$source/tests/usage/program.c" && env -u LD_LIBRARY_PATH "$here/static-program"
}

static_exit () {
  static_compile "$source/tests/usage/left.c" &&
    left=$(env -u LD_LIBRARY_PATH "$here/static-program") && test -n "$left" && ! test -e "$left"
}

static_guard () {
  env -u LD_LIBRARY_PATH -u TEMPFILE_GLIB_SWEEP "$here/static-program" guarded
}

static_introspection () {
  ! meson setup "$here/refused" "$source" -Ddefault_library=static -Dintrospection=enabled >"$here/refused.log" 2>&1 &&
    grep 'ERROR: .*default_library' "$here/refused.log"
}

check_shared 'the library, by its soname' test -e "$lib"
check 'the helper program: runs' helper
check 'the helper program: its manual page' test -e "$(find "$root" -name tempfile-glib-sweep.1)"
check 'the helper program: its timer' test -e "$(find "$root" -name tempfile-glib-sweep.timer)"
if [ -d "$build/tempfile-glib/po" ]; then
  check 'the German translation' test -e "$(find "$root" -path '*/share/locale/de/LC_MESSAGES/tempfile-glib.mo')"
fi
check 'C: compiles' compile cc -x c "$source/tests/usage/program.c"
check 'C: runs' "$here/program"
check_shared 'the helper program: found in a moved prefix' moved
check 'C++: compiles' compile c++ -x c++ "$source/tests/usage/program.c"
check 'C++: runs' "$here/program"
check 'C++: compiles a program with RAII and exceptions' compile c++ -std=c++11 "$source/tests/usage/program.cc"
check 'C++: has a named file, a directory and a saved document' "$here/program"
check 'as a subproject, both shared and static' subproject
check 'static: installs' static_install
check 'static: runs' static_runs
check 'static: exit deletes' static_exit
check 'static: finds the helper program' static_guard
check 'static: no introspection' static_introspection
echo "1..$n"
