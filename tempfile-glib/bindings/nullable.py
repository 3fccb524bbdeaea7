#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

"""Says in a GIR of which properties the value can be null.

No g-ir-scanner does, but who reads the GIR for TypeScript asks for it. Vala's metadata say so
too, and are where it is taken from. Takes these, the GIR, and the file to write.
"""

import re
import sys
from pathlib import Path


def main():
    metadata, gir, output = map(Path, sys.argv[1:])
    text = gir.read_text(encoding="utf-8")
    for type_name, name in re.findall(r"^(\w+)\.(\w+)#property nullable$", metadata.read_text(), re.MULTILINE):
        name = name.replace("_", "-")
        text, count = re.subn(rf'(<class name="{type_name}"(?:(?!</class>).)*?<property name="{name}")',
                              r'\1 nullable="1"', text, count=1, flags=re.DOTALL)
        if count != 1:
            sys.exit(f"There is no {type_name}:{name} in {gir}")
    output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
