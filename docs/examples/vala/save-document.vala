// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// Saving a document so that it is never lost: neither by a full disk, nor by a
// power cut, nor by a program that reads it at the wrong moment.
//
// save-document FILE LINE adds a line to a file. If the file cannot be replaced
// without harm, the user is asked whether to write into it.

// An application has a dialog here.
bool ask (string message) {
  print ("%s. Write into it all the same? [y/N] ", message);
  var answer = stdin.read_line ();
  return answer != null && answer.has_prefix ("y");
}

// Returns the contents. A document that is not there yet is empty.
string load (File document, out string? etag) throws Error {
  uint8[] contents;

  etag = null;
  try {
    document.load_contents (null, out contents, out etag);
  } catch (IOError.NOT_FOUND e) {
    return "";
  }
  return (string) contents;
}

// Saves, and returns the new entity tag, which is to be there the next time.
async string? save (File document, Bytes contents, string? etag) throws Error {
  string? new_etag = null;
  var flags = Temp.PersistFlags.DURABLE;

  try {
    yield Temp.replace_contents_async (document, contents, etag, flags, Priority.DEFAULT, null, out new_etag);
    return new_etag;
  } catch (Temp.SaveError e) {
    if (!ask (e.message))
      throw e;
  }

  flags |= Temp.PersistFlags.IN_PLACE;
  yield Temp.replace_contents_async (document, contents, etag, flags, Priority.DEFAULT, null, out new_etag);
  return new_etag;
}

async void run (string path, string line) throws Error {
  var document = File.new_for_commandline_arg (path);
  string? etag;
  var text = load (document, out etag) + line + "\n";

  yield save (document, new Bytes (text.data), etag);
}

int main (string[] args) {
  var loop = new MainLoop ();
  int status = 1;

  if (args.length != 3) {
    printerr ("Usage: %s FILE LINE\n", args[0]);
    return 1;
  }

  run.begin (args[1], args[2], (_, result) => {
    try {
      run.end (result);
      print ("Saved\n");
      status = 0;
    } catch (Error e) {
      printerr ("Your changes are not saved. %s\n", e.message);
    }
    loop.quit ();
  });
  loop.run ();
  return status;
}
