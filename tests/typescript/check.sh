#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

# check.sh TS-FOR-GIR TSC GIR EXAMPLE... : makes definitions for TypeScript from the
# GIR, and checks the examples in JavaScript by them.
set -eu

generate=$1
check=$2
gir=$(realpath "$3")
shift 3

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

girs=$(pkg-config --variable=girdir gobject-introspection-1.0)
cd "$dir"
# It asks when in doubt, and there is nobody to answer.
"$generate" generate Temp-1 -g "$(dirname "$gir")" -g "$girs" -o types --ignoreVersionConflicts \
  >generate.log 2>&1 </dev/null || {
  cat generate.log
  exit 1
}

files='"types/index.d.ts", "types/temp-1.d.ts"'
for example in "$@"; do
  files="$files, \"$example\""
done
cat >tsconfig.json <<END
{
  "compilerOptions": {
    "allowJs": true, "checkJs": true, "noEmit": true, "strict": true, "noImplicitAny": false, "skipLibCheck": true,
    "target": "es2022", "lib": ["es2022"], "module": "esnext", "moduleResolution": "bundler", "types": []
  },
  "files": [$files]
}
END
"$check" -p tsconfig.json
