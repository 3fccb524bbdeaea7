// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// The override in a script that is no module.

imports.gi.versions.Temp = '1';
const {GLib, Temp} = imports.gi;

const exists = path => GLib.file_test(path, GLib.FileTest.EXISTS);
const loop = new GLib.MainLoop(null, false);
const paths = [];

print('1..1');
Temp.Dir.with({prefix: 'js_'}, async dir => {
    const file = new Temp.File({named: true, dir: dir.path});
    file.writeText('hello');
    paths.push(dir.path, file.path);
    await file.close_async();
}).then(() => {
    print(`${paths.some(exists) ? 'not ok' : 'ok'} 1 with`);
}, e => {
    print(`not ok 1 with\n# ${e}`);
}).finally(() => loop.quit());
loop.run();
