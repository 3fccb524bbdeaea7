// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// What `using` needs and the engine may not have. Before Temp is loaded, which looks for it.

for (const name of ['dispose', 'asyncDispose']) {
    if (!(name in Symbol))
        Object.defineProperty(Symbol, name, {value: Symbol(`Symbol.${name}`)});
}

export {};
