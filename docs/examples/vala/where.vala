// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// Where temporary files go: the environment decides, and a program can.
//
// The environment is changed here to show it. It is the user's: other programs
// leave it alone.

const string[] VARIABLES = { "TMPDIR", "TEMP", "TMP" };

// Makes a file in the default directory, and looks whether that is as expected.
void check_goes_to (string when, string expected) throws Error {
  var file = new Temp.File.named ();

  print ("%s: made %s\n", when, file.get_path ());
  if (Path.get_dirname (file.get_path ()) != expected)
    throw new IOError.FAILED ("It should be in “%s”", expected);
}

// Each variable names a directory of its own, called after it.
void set_variables (Temp.Dir directory) throws Error {
  foreach (unowned string variable in VARIABLES) {
    var candidate = directory.get_child (variable);

    candidate.make_directory ();
    Environment.set_variable (variable, candidate.get_path (), true);
  }

  print ("TMPDIR, TEMP and TMP name directories in %s\n", directory.get_path ());
}

// Some files are better off in a directory of another kind. Not every machine has each.
void print_dir (string files, Temp.Location location) {
  try {
    print ("%s go to %s\n", files, Temp.get_dir (location));
  } catch (Error e) {
    print ("%s go to %s\n", files, e.message);
  }
}

void run () throws Error {
  var directory = new Temp.Dir (null, "where_");
  var base_path = directory.get_path ();
  set_variables (directory);

  // One after the other decides. They are looked at once, unless told to look again.
  foreach (unowned string variable in VARIABLES) {
    Temp.set_default_dir (null);
    check_goes_to (@"$variable is the first one set", Path.build_filename (base_path, variable));
    Environment.unset_variable (variable);
  }

  // The library passes over a directory that takes no file.
  Environment.set_variable ("TMPDIR", Path.build_filename (base_path, "missing"), true);
  Environment.set_variable ("TMP", base_path, true);
  Temp.set_default_dir (null);
  check_goes_to ("TMPDIR is not there, TMP is", base_path);

  Environment.unset_variable ("TMPDIR");
  Environment.unset_variable ("TMP");
  Temp.set_default_dir (null);
  print ("none is set: they go to %s\n", Temp.get_default_dir ());

  Temp.set_default_dir (base_path);
  check_goes_to ("the program has set it", base_path);

  print_dir ("large files", Temp.Location.LARGE);
  print_dir ("files for no disk", Temp.Location.MEMORY);
  print_dir ("files that leave a sandbox", Temp.Location.SHARED);
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
