#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

# check.sh TS-FOR-GIR TSC GIR DEFINITIONS GJS EXAMPLE... : makes definitions for TypeScript from the
# GIR, and checks the examples in JavaScript by them, and by those that come with the override, which are
# compared. What is compiled is run too, unless GJS is empty.
set -eu

generate=$1
check=$2
gir=$(realpath "$3")
definitions=$4
gjs=$5
shift 5

here=$(dirname "$(realpath "$0")")
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

# compile FILE... : checks them, strictly, and writes what it makes of those in TypeScript to compiled/
compile () {
  files='"types/index.d.ts"'
  for file in "$@"; do
    files="$files, \"$file\""
  done
  cat >tsconfig.json <<END
{
  "compilerOptions": {
    "strict": true, "types": [], "target": "es2022", "lib": ["es2022"], "module": "esnext", "moduleResolution": "bundler",
    $options
  },
  "files": [$files]
}
END
  "$check" -p tsconfig.json
}

javascript='"allowJs": true, "checkJs": true, "noEmit": true, "noImplicitAny": false, "skipLibCheck": true'

echo '# the examples, by what is made from the GIR'
options=$javascript
compile types/temp-1.d.ts "$@"

# The same module cannot be there twice.
sed -e 's/gi:\/\/Temp/gi:\/\/Generated/' -e '/^\/\/\/ <reference/d' types/temp-1.d.ts >generated.d.ts
rm types/temp-1.d.ts
sed -i '/temp-1/d' types/gi.d.ts

echo '# the examples, by what comes with the override'
cp "$definitions" Temp.d.ts
compile Temp.d.ts "$@"

echo '# what comes with the override, by what is made from the GIR'
cp "$here"/*.ts .
options='"noEmit": true'
compile Temp.d.ts generated.d.ts compare.ts

echo '# what the override adds'
options='"outDir": "compiled", "rootDir": "."'
compile Temp.d.ts override.ts
[ -z "$gjs" ] || "$gjs" -m compiled/override.js
