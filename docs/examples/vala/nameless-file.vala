// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// A file without a name: somewhere to put bytes and take them back, which no
// other program can find. The one to use unless something needs a path.

void check_empty (string path) throws Error {
  var dir = Dir.open (path);
  uint n = 0;

  while (dir.read_name () != null)
    n++;

  print ("names in that directory: %u\n", n);
  if (n != 0)
    throw new IOError.EXISTS ("Something is in “%s”", path);
}

void write_and_read (Temp.File file, string text) throws Error {
  file.output_stream.write_all (text.data, null);
  print ("wrote: %s\n", text);

  // Both streams are at one place in the file, so go back before reading.
  file.seek (0, SeekType.SET);

  size_t n_read;
  var buffer = new uint8[256];
  file.input_stream.read_all (buffer, out n_read);
  var read = ((string) buffer).substring (0, (long) n_read);
  print ("read back: %s\n", read);
  if (read != text)
    throw new IOError.FAILED ("What was read is not what was written");
}

void run () throws Error {
  // An empty directory, only to show that the file is not in it: other programs
  // would pass nothing below, for the default directory.
  var dir = new Temp.Dir (null, "example_");
  var file = new Temp.File (dir.get_path ());
  print ("made a file without a name in %s\n", dir.get_path ());
  print ("path: %s\n", file.get_path () ?? "none");

  check_empty (dir.get_path ());
  write_and_read (file, "Hello, temporary world!");

  file.close ();
  check_empty (dir.get_path ());
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
