#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
#
# save-document.sh PROGRAM: whether the example saves, and says so if it cannot.

set -eu
export LC_ALL=C

program=$1
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
umask 027

fail ()
{
  echo "$*" >&2
  exit 1
}

"$program" "$dir/document" one
"$program" "$dir/document" two
[ "$(cat "$dir/document")" = "one
two" ] || fail "It holds: $(cat "$dir/document")"
[ "$(stat -c %a "$dir/document")" = 640 ] || fail "A new document has the mode $(stat -c %a "$dir/document")"

chmod 604 "$dir/document"
ln -s document "$dir/link"
"$program" "$dir/link" three
[ "$(tail -n 1 "$dir/document")" = three ] || fail "The link was not followed"
[ -L "$dir/link" ] || fail "The link is gone"
[ "$(stat -c %a "$dir/document")" = 604 ] || fail "The mode is now $(stat -c %a "$dir/document")"

if "$program" "$dir/none/document" four 2> "$dir/message"; then
  fail "It has saved where there is no directory"
fi
grep -q "not saved.*$dir/none.*No such file" "$dir/message" || fail "It said: $(cat "$dir/message")"

[ "$(ls -A "$dir" | tr '\n' ' ')" = "document link message " ] || fail "There are: $(ls -A "$dir")"
