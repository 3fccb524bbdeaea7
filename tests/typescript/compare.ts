// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// Whether Temp.d.ts has all that the library has, by the definitions made from the GIR: each error
// names what it has not, or has otherwise.

import type Temp from 'gi://Temp?version=1';
import type Generated from 'gi://Generated';

// What GObject and its interfaces have for those who implement them, or what `new` has done.
type Internal = `vfunc_${string}` | `__${string}__` | '_init' | 'init' | `init_${string}` | 'new_finish' | '$signals' | 'emit' |
    'prototype';
// Which are other classes here and there, or are about these.
type Classes = 'File' | 'Dir' | 'SpooledFile' | 'create_dir' | 'create_file' | `steal_file${string}` |
    'new' | `new_${string}` | 'splice_async' | '$gtype';

// Where ts-for-gir does not know that one of several results can be null.
type Nullable = 'replace_contents' | 'replace_contents_async' | 'replace_contents_finish';

type Missing<From, In> = Exclude<keyof From, keyof In | Internal>;
type Common<From, In> = Exclude<keyof From & keyof In, Internal | Classes | Nullable>;
type Different<From, In> = {[Name in Common<From, In>]: In[Name] extends From[Name] ? never : Name}[Common<From, In>];
type None<Name extends never> = Name;

export type Checks = [
    None<Missing<typeof Generated, typeof Temp>>,
    None<Missing<typeof Generated.File, typeof Temp.File>>,
    None<Missing<typeof Generated.Dir, typeof Temp.Dir>>,
    None<Missing<typeof Generated.SpooledFile, typeof Temp.SpooledFile>>,
    None<Missing<Generated.File, Temp.File>>,
    None<Missing<Generated.Dir, Temp.Dir>>,
    None<Missing<Generated.SpooledFile, Temp.SpooledFile>>,
    None<Different<typeof Generated, typeof Temp>>,
    None<Different<typeof Generated.File, typeof Temp.File>>,
    None<Different<typeof Generated.Dir, typeof Temp.Dir>>,
    None<Different<typeof Generated.SpooledFile, typeof Temp.SpooledFile>>,
    None<Different<Generated.File, Temp.File>>,
    None<Different<Generated.Dir, Temp.Dir>>,
    None<Different<Generated.SpooledFile, Temp.SpooledFile>>,
];
