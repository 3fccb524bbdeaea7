#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// Saving a document so that it is never lost: neither by a full disk, nor by a
// power cut, nor by a program that reads it at the wrong moment.
//
// save-document.js FILE LINE adds a line to a file. If the file cannot be replaced
// without harm, the user is asked whether to write into it.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';
import Temp from 'gi://Temp?version=1';

// An application has a dialog here.
function ask(message) {
    const input = Gio.File.new_for_path('/dev/stdin').read(null);

    print(`${message}. Write into it all the same? [y/N]`);
    const [answer] = new Gio.DataInputStream({base_stream: input}).read_line_utf8(null);
    return answer?.startsWith('y') ?? false;
}

// Returns the contents and the entity tag. A document that is not there yet is empty.
function load(document) {
    try {
        const [, contents, etag] = document.load_contents(null);
        return {contents, etag};
    } catch (error) {
        if (error instanceof GLib.Error && error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
            return {contents: new Uint8Array(), etag: null};
        throw error;
    }
}

// Saves, and returns the new entity tag, which is to be there the next time.
async function save(document, contents, etag, flags = Temp.PersistFlags.DURABLE) {
    try {
        const [newEtag] = await Temp.replace_contents_async(document, contents, etag, flags, GLib.PRIORITY_DEFAULT, null);
        return newEtag;
    } catch (error) {
        if (!(error instanceof Temp.SaveError) || !ask(error.message))
            throw error;
        return save(document, contents, etag, flags | Temp.PersistFlags.IN_PLACE);
    }
}

function addLine(contents, line) {
    return new Uint8Array([...contents, ...new TextEncoder().encode(`${line}\n`)]);
}

const [path, line] = System.programArgs;
if (line === undefined) {
    printerr(`Usage: ${System.programInvocationName} FILE LINE`);
    System.exit(1);
}

try {
    const document = Gio.File.new_for_commandline_arg(path);
    const {contents, etag} = load(document);
    await save(document, addLine(contents, line), etag);
    print('Saved');
} catch (error) {
    if (!(error instanceof GLib.Error))
        throw error;
    printerr(`Your changes are not saved. ${error.message}`);
    System.exit(1);
}
