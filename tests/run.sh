#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

# Installs what is missing, builds, and runs every test in every way: by GCC, with
# languages, examples, manual and installation; the demonstration; under Valgrind; by Clang, under the address and
# undefined behaviour sanitizers; the threaded ones under the thread sanitizer; and with the system calls of POSIX alone.
# All of it is in build-test/.
set -eu
cd "$(dirname "$0")/.."
. .ci/packages.sh
packages_install test

top=$PWD
out=$top/build-test
failed=0
rm -rf "$out"
mkdir -p "$out"

# configure NAME OPTION... : the build folder of that name
configure () {
  name=$1
  shift
  echo "== $name: building"
  meson setup "$out/$name" --warnlevel=3 --werror "$@" >"$out/$name.log" 2>&1 &&
    meson compile -C "$out/$name" >>"$out/$name.log" 2>&1 || {
    tail -n 60 "$out/$name.log"
    failed=1
    return 1
  }
  # g-ir-scanner, vapigen and gi-docgen warn without failing.
  if grep -i 'warning:' "$out/$name.log"; then
    echo "== $name: warnings"
    failed=1
  fi
}

# run NAME ARGUMENT... : meson test in that folder
run () {
  name=$1
  shift
  echo "== $name: testing"
  meson test -C "$out/$name" --no-rebuild --print-errorlogs "$@" || failed=1
}

if configure gcc -Dintrospection=enabled -Dvapi=enabled -Ddocs=enabled; then
  run gcc
  run gcc --setup=valgrind --suite=c
fi

echo "== demo"
sh docs/demo.sh >"$out/demo.log" 2>&1 || {
  tail -n 60 "$out/demo.log"
  failed=1
}

export CC=clang
if configure asan -Dintrospection=disabled -Db_sanitize=address,undefined -Db_lundef=false; then
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 run asan --suite=c
fi

if configure tsan -Dintrospection=disabled -Db_sanitize=thread -Db_lundef=false; then
  # GLib is built without it, so that it cannot see the states of GLib's mutexes, nor those of its allocator. In a forked
  # child, it takes a thread that nobody has joined yet for a leak.
  G_SLICE=always-malloc \
    TSAN_OPTIONS=suppressions=$top/tests/tsan.supp:die_after_fork=0:report_mutex_bugs=0:report_thread_leaks=0 \
    run tsan --suite=threads
fi

if configure posix -Dintrospection=disabled -Dplatform=posix; then
  # In memory, if there is room, trees take seconds instead of minutes.
  if [ "$(df -Pk /dev/shm | awk 'END { print $4 + 0 }')" -gt 1000000 ]; then
    export TMPDIR=/dev/shm
  fi
  run posix --suite=c
fi

python3 tests/count.py "$out" || failed=1
exit $failed
