# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
# shellcheck shell=sh

# To be sourced. `packages_install build` sees to what building the library and
# its examples needs, `packages_install test` to what testing all of it needs
# besides. On Debian and Ubuntu, what is missing is installed; elsewhere, or where
# that is not allowed, it is only told, and if tools are missing, the script ends.

# One a word; A|B is the first of them that there is.
packages_debian_build='gcc libc6-dev meson ninja-build pkg-config|pkgconf libglib2.0-dev gobject-introspection
  libgirepository1.0-dev|gir1.2-glib-2.0-dev gir1.2-glib-2.0 python3-gi gjs gettext'
# locales is for localedef, by which a test makes a German locale.
# valgrind cannot start without the symbols of the dynamic linker, in libc6-dbg.
packages_debian_test='clang libclang-rt-dev|libclang-rt-14-dev|libclang-rt-18-dev|libclang-rt-19-dev valgrind libc6-dbg
  valac lua5.1 lua-lgi gi-docgen libseccomp-dev util-linux procps g++ binutils strace
  libpython3.11-testsuite|libpython3.12-testsuite|libpython3.13-testsuite mypy locales'
packages_fedora_build='gcc meson ninja-build pkgconf-pkg-config glib2-devel gobject-introspection-devel python3-gobject-base gjs gettext'
packages_fedora_test='clang compiler-rt valgrind vala lua lua-lgi gi-docgen libseccomp-devel util-linux procps-ng gcc-c++ binutils strace python3-mypy glibc-locale-source'
packages_arch_build='gcc meson ninja pkgconf glib2-devel gobject-introspection python-gobject gjs gettext'
packages_arch_test='clang compiler-rt valgrind vala lua lua-lgi gi-docgen libseccomp util-linux procps-ng strace mypy'

packages_tools_build='cc meson ninja pkg-config g-ir-scanner gjs msgfmt'
packages_tools_test='clang valgrind valac vapigen gi-docgen unshare'

packages_is_installed () {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

packages_is_available () {
  apt-cache show "$1" >/dev/null 2>&1
}

# Prints the first of A|B|C that the test named by $2 holds for.
packages_choose () {
  for packages_name in $(echo "$1" | tr '|' ' '); do
    if "$2" "$packages_name"; then
      echo "$packages_name"
      return 0
    fi
  done
  return 1
}

# Prints those of the words that no package is installed for.
packages_missing () {
  for packages_word in "$@"; do
    packages_choose "$packages_word" packages_is_installed >/dev/null || echo "$packages_word"
  done
}

packages_apt_get () {
  if [ "$(id -u)" -eq 0 ]; then
    DEBIAN_FRONTEND=noninteractive apt-get "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive apt-get "$@"
  fi
}

# Installs what the words of $* stand for.
packages_install_missing () {
  packages_apt_get update -q || return 1

  packages_chosen=
  for packages_word in "$@"; do
    if ! packages_choice=$(packages_choose "$packages_word" packages_is_available); then
      echo "There is no package $packages_word here." >&2
      return 1
    fi
    packages_chosen="$packages_chosen $packages_choice"
  done

  echo "Installing:$packages_chosen"
  # shellcheck disable=SC2086
  packages_apt_get install -q -y --no-install-recommends $packages_chosen
}

# Prints what is not there, whatever package it would come from.
packages_missing_tools () {
  for packages_tool in $1; do
    command -v "$packages_tool" >/dev/null 2>&1 || echo "$packages_tool"
  done
  if ! pkg-config --exists 'gio-unix-2.0 >= 2.74' 2>/dev/null; then
    echo 'GLib 2.74'
  fi
  if ! python3 -c 'import gi' 2>/dev/null && ! /usr/bin/python3 -c 'import gi' 2>/dev/null; then
    echo PyGObject
  fi
}

# packages_install build|test
packages_install () {
  case $1 in
    build)
      packages_debian=$packages_debian_build
      packages_fedora=$packages_fedora_build
      packages_arch=$packages_arch_build
      packages_tools=$packages_tools_build
      ;;
    test)
      packages_debian="$packages_debian_build $packages_debian_test"
      packages_fedora="$packages_fedora_build $packages_fedora_test"
      packages_arch="$packages_arch_build $packages_arch_test"
      packages_tools="$packages_tools_build $packages_tools_test"
      ;;
    *)
      echo "packages_install: build or test, not $1" >&2
      exit 2
      ;;
  esac

  if command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    packages_needed=$(packages_missing $packages_debian)
    [ -n "$packages_needed" ] || return 0

    if [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1; then
      # shellcheck disable=SC2086
      packages_install_missing $packages_needed && return 0
      echo "The packages could not be installed." >&2
    else
      # shellcheck disable=SC2086
      echo "Please install, as root:" $packages_needed >&2
    fi
  else
    cat >&2 <<END
There is no apt-get here. What is needed is, by the names of packages
  in Fedora: $packages_fedora
  in Arch:   $packages_arch
END
  fi

  packages_absent=$(packages_missing_tools "$packages_tools")
  if [ -n "$packages_absent" ]; then
    # shellcheck disable=SC2086
    echo "Missing:" $packages_absent >&2
    exit 1
  fi
  echo "All the tools needed are there; going on." >&2
}
