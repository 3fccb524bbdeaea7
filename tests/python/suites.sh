#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

# Runs other people's tests with `tempfile` as it is and replaced by Temp, and compares: suites.sh [SUITE...]
#
# By hand, in the environment of `meson devenv`. The suites are those that Debian has in its packages:
#   libpython3-testsuite python3-pytest python3-tornado python3-dulwich python3-joblib python3-twisted python3-numpy
#   python3-hypothesis python3-h5py borgbackup
# and Django's, whose sources DJANGO_SOURCE names. A suite that is not installed is skipped.
set -u
python=${PYTHON:-/usr/bin/python3}
limit=${LIMIT:-600}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0

# Every interpreter imports it first, those that the tests start too.
mkdir "$out/site"
cat >"$out/site/sitecustomize.py" <<'EOF'
import os

if os.environ.get("REPLACE_TEMPFILE") == "yes":
    try:
        from gi.repository import Temp
    except ImportError:
        os.write(2, b"suites.sh: Temp cannot be imported\n")
    else:
        Temp.install_as_tempfile()
EOF

# run REPLACED COMMAND... : writes a sorted line for each test
run () {
  replaced=$1
  shift
  mkdir -p "$out/tmp"
  (
    cd "$out/tmp" || exit
    env REPLACE_TEMPFILE="$replaced" TMPDIR="$out/tmp" HOME="$out/tmp" PYTHONPATH="$out/site:${PYTHONPATH:-}" \
      PYTHONDONTWRITEBYTECODE=1 timeout "$limit" "$@"
  ) >"$out/log.$replaced" 2>&1
  if [ $? -eq 124 ]; then
    echo "$name: not done in $limit s"
  fi
  grep -E '^(PASSED|FAILED|ERROR|XFAIL|XPASS) .*::|\.\.\. (ok|FAIL|ERROR|skipped)' "$out/log.$replaced" |
    sed -E 's/ - .*//; s/(\[|:)[0-9]+(\]|:.*)?$//; s/0x[0-9a-f]+/0x/g; s/\.\.\. skipped.*/... skipped/' |
    sort >"$out/results.$replaced"
  grep -cE '^PASSED|\.\.\. ok' "$out/results.$replaced" >"$out/passed.$replaced"
  find "$out/tmp" -mindepth 1 -maxdepth 1 -name 'tmp*' | wc -l >"$out/left.$replaced"
  chmod -R u+rwX "$out/tmp"
  rm -rf "$out/tmp"
}

# suite NAME MODULE COMMAND... : compares a suite that needs a module
suite () {
  name=$1 module=$2
  shift 2
  case " $wanted " in
    "  " | *" $name "*) ;;
    *) return ;;
  esac
  if ! "$python" -c "import $module" 2>/dev/null; then
    echo "$name: skipped, there is no $module"
    return
  fi
  run no "$@"
  run yes "$@"
  echo "$name: passed $(cat "$out/passed.no") without, $(cat "$out/passed.yes") with;" \
    "left $(cat "$out/left.no") without, $(cat "$out/left.yes") with"
  if ! diff "$out/results.no" "$out/results.yes" >"$out/diff"; then
    sed 's/^/  /' "$out/diff"
    failed=1
  elif [ ! -s "$out/results.yes" ]; then
    tail -n 5 "$out/log.yes" | sed 's/^/  /'
    failed=1
  fi
}

tests () {
  printf -- '-m pytest -q -rA --color=no -p no:cacheprovider --pyargs'
}

wanted=$*
# shellcheck disable=SC2046,SC2086
{
  # Names that a sweep knows are longer.
  "$python" -c 'import test.test_tempfile as t; print(open(t.__file__).read())' 2>/dev/null |
    sed 's/{8}\$/{8}([a-z2-7]{8})?$/' >"$out/test_tempfile.py"
  suite cpython-tempfile test.test_tempfile "$python" $(tests) "$out/test_tempfile.py"
  for name in shutil zipfile tarfile gzip bz2 lzma mailbox filecmp fileinput urllib urllib2 logging httpservers cgi \
    dbm_dumb zipapp py_compile compileall pathlib glob tokenize shelve netrc configparser; do
    suite "cpython-$name" "test.test_$name" "$python" -m unittest -v "test.test_$name"
  done
  suite tornado tornado.test "$python" $(tests) tornado.test
  suite dulwich dulwich.tests "$python" $(tests) dulwich.tests.test_repository dulwich.tests.test_file \
    dulwich.tests.test_index
  suite joblib joblib.test "$python" $(tests) joblib.test.test_memmapping joblib.test.test_disk
  suite twisted twisted.test "$python" $(tests) twisted.test.test_paths twisted.web.test.test_http \
    twisted.web.test.test_static
  suite numpy numpy "$python" $(tests) numpy.lib.tests.test_io numpy.lib.tests.test_format \
    numpy.core.tests.test_memmap
  suite h5py h5py.tests "$python" $(tests) h5py.tests
  suite borg borg.testsuite "$python" $(tests) borg.testsuite.file_integrity borg.testsuite.locking \
    borg.testsuite.platform borg.testsuite.xattr borg.testsuite.cache
  if [ -n "${DJANGO_SOURCE:-}" ]; then
    suite django django "$python" "$DJANGO_SOURCE/tests/runtests.py" --parallel=1 -v 2 files file_storage file_uploads \
      staticfiles_tests
  fi
}
exit $failed
