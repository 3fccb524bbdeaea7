// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// A file with a name: filled from a stream, then handed by its path to another
// program. Takes the file to copy as its argument.

void check_exists (string when, string path, bool expected) throws Error {
  bool exists = FileUtils.test (path, FileTest.EXISTS);

  print ("%s, exists: %s\n", when, exists ? "yes" : "no");
  if (exists != expected)
    throw new IOError.FAILED ("“%s” should%s exist", path, expected ? "" : " not");
}

void fill (Temp.File file, string source_path) throws Error {
  var source = File.new_for_path (source_path).read ();

  // The output stream stays open: closing it is for the file to do.
  var n_bytes = file.output_stream.splice (source, OutputStreamSpliceFlags.CLOSE_SOURCE);
  print ("copied %s bytes of %s into it\n", n_bytes.to_string (), source_path);
}

void sort (string path) throws Error {
  var launcher = new SubprocessLauncher (SubprocessFlags.STDOUT_PIPE);
  launcher.setenv ("LC_ALL", "C", true); // the same order in every locale

  string output;
  var subprocess = launcher.spawnv ({ "sort", path });
  subprocess.communicate_utf8 (null, null, out output, null);
  subprocess.wait_check ();

  var lines = output.chomp ().split ("\n");
  var first = "none";
  foreach (unowned string line in lines) {
    if (line.strip () != "") {
      first = line.strip ();
      break;
    }
  }
  print ("sort read it by its path, and gave %d lines\n", lines.length);
  print ("the first one that is not blank: %s\n", first);
}

void run (string source_path) throws Error {
  var file = new Temp.File.named (null, "myapp_", ".log");
  string path = file.get_path ();
  print ("made %s\n", path);

  check_exists ("while open", path, true);
  fill (file, source_path);
  sort (path);

  file.close ();
  check_exists ("after close", path, false);
}

int main (string[] args) {
  try {
    run (args.length > 1 ? args[1] : "/usr/share/common-licenses/GPL-3");
    return 0;
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
