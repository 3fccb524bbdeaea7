// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// A directory: an archive is made in one, and unpacked in another; both go, with
// all that is in them. Takes the directory to pack as its argument.

void check_exists (string when, string path, bool expected) throws Error {
  bool exists = FileUtils.test (path, FileTest.EXISTS);

  print ("%s, exists: %s\n", when, exists ? "yes" : "no");
  if (exists != expected)
    throw new IOError.FAILED ("“%s” should%s exist", path, expected ? "" : " not");
}

void tar (string directory, string action, string archive, string? member = null) throws Error {
  new Subprocess (SubprocessFlags.NONE, "tar", "-C", directory, action, archive, member).wait_check ();
}

// Counts what is in a directory, and in those below, but not these themselves.
uint count_files (File directory) throws Error {
  var children = directory.enumerate_children ("standard::name,standard::type", FileQueryInfoFlags.NOFOLLOW_SYMLINKS);
  FileInfo? info;
  uint n = 0;

  while ((info = children.next_file ()) != null)
    n += info.get_file_type () == FileType.DIRECTORY ? count_files (children.get_child (info)) : 1;

  return n;
}

void pack_and_unpack (string source, Temp.Dir packed, Temp.Dir unpacked) throws Error {
  var archive = Path.build_filename (packed.get_path (), "archive.tar");

  tar (source, "-cf", archive, ".");
  var n_packed = count_files (File.new_for_path (source));
  print ("packed %u files of %s in %s\n", n_packed, source, archive);

  tar (unpacked.get_path (), "-xf", archive);
  var n_unpacked = count_files (unpacked.get_file ());
  print ("unpacked %u files in %s\n", n_unpacked, unpacked.get_path ());

  if (n_packed != n_unpacked)
    throw new IOError.FAILED ("Not all the files were unpacked");
}

void run (string source) throws Error {
  var packed = new Temp.Dir (null, "packed_");
  var unpacked = new Temp.Dir (null, "unpacked_");
  var packed_path = packed.get_path ();
  var unpacked_path = unpacked.get_path ();
  print ("made %s and %s\n", packed_path, unpacked_path);

  pack_and_unpack (source, packed, unpacked);

  // Dropping the last reference would do as well, but could not tell of an error.
  unpacked.delete ();
  check_exists ("the second one after delete", unpacked_path, false);
  check_exists ("the first one", packed_path, true);

  packed = null;
  check_exists ("the first one after its object is gone", packed_path, false);
}

int main (string[] args) {
  try {
    run (args.length > 1 ? args[1] : "/usr/share/common-licenses");
    return 0;
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
