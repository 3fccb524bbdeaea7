#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
#
# save-document.sh COMMAND...: runs an example that saves a document, in whatever language. It saves, asks before it writes into
# a file, and says so if it cannot save.

set -eu
export LC_ALL=C

dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
umask 027

fail ()
{
  echo "$*" >&2
  exit 1
}

"$@" "$dir/document" one
"$@" "$dir/document" two
[ "$(cat "$dir/document")" = "one
two" ] || fail "It holds: $(cat "$dir/document")"
[ "$(stat -c %a "$dir/document")" = 640 ] || fail "A new document has the mode $(stat -c %a "$dir/document")"

chmod 604 "$dir/document"
ln -s document "$dir/link"
"$@" "$dir/link" three
[ "$(tail -n 1 "$dir/document")" = three ] || fail "The link was not followed"
[ -L "$dir/link" ] || fail "The link is gone"
[ "$(stat -c %a "$dir/document")" = 604 ] || fail "The mode is now $(stat -c %a "$dir/document")"

if "$@" "$dir/none/document" four 2> "$dir/message"; then
  fail "It has saved where there is no directory"
fi
grep -q "not saved.*$dir/none.*No such file" "$dir/message" || fail "It said: $(cat "$dir/message")"

ln "$dir/document" "$dir/second"
if echo n | "$@" "$dir/document" four > "$dir/question" 2> "$dir/message"; then
  fail "It has saved, and was not to"
fi
grep -q "$dir/document.*more than one name.*all the same?" "$dir/question" || fail "It asked: $(cat "$dir/question")"
grep -q "not saved.*$dir/document.*more than one name" "$dir/message" || fail "It said: $(cat "$dir/message")"
[ "$(tail -n 1 "$dir/second")" = three ] || fail "The second name has: $(cat "$dir/second")"

echo y | "$@" "$dir/document" four > "$dir/question"
[ "$(tail -n 1 "$dir/second")" = four ] || fail "The second name has: $(cat "$dir/second")"
rm "$dir/second" "$dir/question"

[ "$(ls -A "$dir" | tr '\n' ' ')" = "document link message " ] || fail "There are: $(ls -A "$dir")"
