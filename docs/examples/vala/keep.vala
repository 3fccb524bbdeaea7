// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// A file that is kept on purpose: it is temporary until it turns out to be
// wanted, as a report of what went wrong may be.

void check_exists (string when, string path, bool expected) throws Error {
  bool exists = FileUtils.test (path, FileTest.EXISTS);

  print ("%s, exists: %s\n", when, exists ? "yes" : "no");
  if (exists != expected)
    throw new IOError.FAILED ("“%s” should%s exist", path, expected ? "" : " not");
}

// Returns the path of a file that stays. Until keep(), any error on the way takes
// the file with it.
string make_report (string text) throws Error {
  var file = new Temp.File.named (null, "report_", ".txt");
  print ("made %s\n", file.get_path ());

  file.output_stream.write_all (text.data, null);
  print ("wrote: %s\n", text);

  var path = file.keep ();
  print ("kept %s\n", path);

  file.close ();
  return path;
}

void run () throws Error {
  var path = make_report ("All is well.");
  check_exists ("after its object is gone", path, true);

  string text;
  FileUtils.get_contents (path, out text);
  print ("it holds: %s\n", text);

  File.new_for_path (path).delete ();
  check_exists ("after it was deleted by hand", path, false);
}

int main () {
  try {
    run ();
    return 0;
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
