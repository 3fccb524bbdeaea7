#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

# Installs what is missing, builds the library in build-demo/, and runs the
# examples in C, Python and JavaScript. Nothing else is changed, nor left behind.

set -eu

source_dir=$(cd "$(dirname "$0")/.." && pwd)
build_dir=$source_dir/build-demo
logs=$build_dir/demo

# shellcheck source=.ci/packages.sh
. "$source_dir/.ci/packages.sh"

heading () {
  printf '\n== %s\n' "$*"
}

# run LANGUAGE COMMAND...: shows what the command prints, and keeps it for later.
run () {
  language=$1
  shift

  printf '\n-- in %s\n' "$language"
  log=$logs/$job.$language
  { meson devenv -C "$build_dir" "$@" 2>&1 || echo "$job in $language" >>"$logs/failed"; } | tee "$log"
}

# job NAME HEADING ARGUMENT...: does it in the three languages, which are to say the same.
job () {
  job=$1
  heading "$2"
  shift 2

  run C "$build_dir/docs/examples/$job" "$@"
  run Python "$python" "$source_dir/docs/examples/python/$job.py" "$@"
  run JavaScript gjs -m "$source_dir/docs/examples/javascript/$job.js" "$@"

  for language in C Python JavaScript; do
    # The letters of a name with a tag, and of a plain one.
    sed -e 's/\(_\|tmp\)[a-z2-7]\{16\}/\1*/g' -e 's/tmp[a-z0-9_]\{8\}/tmp*/g' \
      "$logs/$job.$language" >"$logs/$job.$language.same"
    cmp -s "$logs/$job.C.same" "$logs/$job.$language.same" || echo "$job: $language says other things than C" >>"$logs/failed"
  done
}

heading "Looking for what is needed"
packages_install build

# The python3 that comes first may be one without PyGObject.
python=python3
"$python" -c 'import gi' 2>/dev/null || python=/usr/bin/python3

heading "Building in $build_dir"
if [ ! -f "$build_dir/build.ninja" ]; then
  meson setup "$build_dir" "$source_dir" -Dintrospection=enabled -Dvapi=disabled -Ddocs=disabled
fi
meson compile -C "$build_dir" examples

rm -rf "$logs"
mkdir "$logs"
: >"$logs/failed"
export PYTHONUNBUFFERED=1

job nameless-file "1. A file without a name"
job named-file "2. A file with a name, for another program"
job directory "3. A directory, with all that is in it"
job save-document "4. A document that is saved" "$logs/document" "A line"
job keep "5. A file that is kept on purpose"
job where "6. Where they go"

heading "What is left of them"
# All paths in what was printed, one a line; blanks may be in them.
cat "$logs"/*.C "$logs"/*.Python "$logs"/*.JavaScript |
  awk '{ gsub (/ (and|in) \//, "\n/"); print }' |
  sed 's,^[^/]*,,' |
  grep -E '/(example|myapp|packed|unpacked|report|where)_[a-z0-9_]{8}' |
  sort -u >"$logs/made"
n_made=$(wc -l <"$logs/made")
[ "$n_made" -gt 0 ] || echo "no path was found in what was printed" >>"$logs/failed"
while read -r path; do
  if [ -e "$path" ]; then
    echo "$path is still there" >>"$logs/failed"
  fi
done <"$logs/made"

if [ -s "$logs/failed" ]; then
  echo "Not as it should be:" >&2
  cat "$logs/failed" >&2
  exit 1
fi

echo "Of the $n_made files and directories named above, nothing."
echo "All went well, and the same, in C, Python and JavaScript."
