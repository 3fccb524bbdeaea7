// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

async void asynchronous () throws Error {
  var file = yield Temp.File.new_async ();
  assert (file.get_path () == null);

  var named = yield Temp.File.new_named_async (null, "vala_");
  var path = named.get_path ();
  assert (FileUtils.test (path, FileTest.EXISTS));
  yield named.close_async ();
  assert (!FileUtils.test (path, FileTest.EXISTS));

  var dir = yield Temp.Dir.new_async ();
  assert (FileUtils.test (dir.get_path (), FileTest.IS_DIR));
  dir.create_file ().keep ();
  uint64 n_removed = 0;
  assert (yield dir.delete_async (Priority.DEFAULT, null, (n) => { n_removed = n; }));
  assert (n_removed == 2);

  DirUtils.create_with_parents (path, 0700);
  assert (yield Temp.remove_tree_async (GLib.File.new_for_path (path)));

  uint n_swept;
  assert (Temp.sweep (out n_swept));
  assert (yield Temp.sweep_async (GLib.Priority.DEFAULT, null, out n_swept));
  assert (Temp.sweep ());
  assert (yield Temp.sweep_async ());
  assert (!FileUtils.test (path, FileTest.EXISTS));

  var spooled = new Temp.SpooledFile ();
  yield spooled.roll_async ();
  assert (spooled.rolled);

  var home = yield Temp.Dir.new_async ();
  var target = home.get_child ("document");
  var document = new Temp.File.beside (target);
  assert (document.path == null);
  assert (yield document.persist_async (target));
  assert (document.path == target.get_path ());

  string? etag;
  assert (Temp.replace_contents (target, new Bytes ("one".data), null, Temp.PersistFlags.NONE, out etag));
  assert (yield Temp.replace_contents_async (target, new Bytes ("two".data), etag, Temp.PersistFlags.DURABLE,
                                             Priority.DEFAULT, null, out etag));
  assert (etag != null);
  assert (yield Temp.replace_contents_async (target, new Bytes ("two".data)));
  string text;
  FileUtils.get_contents (target.get_path (), out text);
  assert (text == "two");

  assert (Posix.link (target.get_path (), target.get_path () + "2") == 0);
  try {
    yield Temp.replace_contents_async (target, new Bytes ("three".data));
    assert_not_reached ();
  } catch (Temp.SaveError.LINKS e) {
    assert ("document" in e.message);
  }
  FileUtils.unlink (target.get_path () + "2");

  var replacing = home.create_file ();
  try {
    yield replacing.persist_async (target);
    assert_not_reached ();
  } catch (IOError.EXISTS e) {
    assert ("document" in e.message);
  }
  assert (replacing.persist (target, Temp.PersistFlags.REPLACE | Temp.PersistFlags.DURABLE));

  var cancellable = new Cancellable ();
  cancellable.cancel ();
  try {
    yield home.delete_async (Priority.LOW, cancellable);
    assert_not_reached ();
  } catch (IOError.CANCELLED e) {
    assert (FileUtils.test (home.path, FileTest.IS_DIR));
  }
  home.delete ();
}

// What a reader of Vala's manual expects: an object goes at the end of its block.
void named_file () throws Error {
  string path;
  {
    var file = new Temp.File.named (null, "vala_", ".txt");
    path = file.path;
    assert ("/vala_" in path && path.has_suffix (".txt"));

    var output = new DataOutputStream (file.output_stream);
    output.put_string ("one\ntwo\n");
    file.seek (0, SeekType.SET);
    var input = new DataInputStream (file.input_stream);
    assert (input.read_line () == "one");
    assert (input.read_line () == "two");

    string text;
    FileUtils.get_contents (path, out text);
    assert (text == "one\ntwo\n");
  }
  assert (!FileUtils.test (path, FileTest.EXISTS));

  Temp.File? outer = null;
  try {
    outer = new Temp.File.named ("/missing");
  } catch (IOError.NOT_FOUND e) {
    assert ("/missing" in e.message);
  }
  assert (outer == null);
}

void contents () throws Error {
  var file = new Temp.File ();
  file.replace_bytes (new Bytes ("first\n".data));
  var reader = file.open_reader ();
  file.output_stream.write_all ("second\n".data, null);
  assert (reader.read_bytes (100).compare (new Bytes ("first\nsecond\n".data)) == 0);
  assert (file.load_bytes ().get_size () == 13);
}

void directory () throws Error {
  string path;
  {
    var dir = new Temp.Dir (null, "vala_");
    path = dir.path;
    assert (FileUtils.test (path, FileTest.IS_DIR));
    FileUtils.set_contents (dir.get_child ("a").get_path (), "x");
    dir.create_dir ().keep ();
    dir.create_file ("in_", ".txt").keep ();
    int n = 0;
    string? name;
    var listing = GLib.Dir.open (path);
    while ((name = listing.read_name ()) != null)
      n++;
    assert (n == 3);
  }
  assert (!FileUtils.test (path, FileTest.EXISTS));
}

void saved_document () throws Error {
  var dir = new Temp.Dir ();
  var document = dir.get_child ("document");
  string text;
  string etag;

  assert (Temp.replace_contents (document, new Bytes ("one".data)));
  assert (Temp.replace_contents (document, new Bytes ("two".data), null, Temp.PersistFlags.DURABLE, out etag));
  FileUtils.get_contents (document.get_path (), out text);
  assert (text == "two");
  try {
    Temp.replace_contents (document, new Bytes ("three".data), "1:0");
    assert_not_reached ();
  } catch (IOError.WRONG_ETAG e) {
    assert ("document" in e.message);
  }
  Temp.replace_contents (document, new Bytes ("three".data), etag);

  var file = new Temp.File.beside (document);
  file.output_stream.write_all ("four".data, null);
  assert (file.persist (document, Temp.PersistFlags.REPLACE));
  file.close ();
  FileUtils.get_contents (document.get_path (), out text);
  assert (text == "four");
}

void synchronous () throws Error {
  var file = new Temp.File ();
  size_t n;
  file.output_stream.write_all ("hello".data, out n);
  file.seek (0, SeekType.SET);
  assert (file.input_stream.read_bytes (100).compare (new Bytes ("hello".data)) == 0);
  assert (file.fd == file.get_fd ());
  string? no_path = file.path;
  assert (no_path == null && file.file == null && file.dir == null);

  var named = new Temp.File.named (null, "vala_", ".txt");
  var path = named.keep ();
  named = null;
  assert (FileUtils.unlink (path) == 0);

  var dir = new Temp.Dir ();
  var inside = dir.create_file ();
  assert (inside.get_path ().has_prefix (dir.get_path ()));

  string made;
  int fd = Temp.mkstemp (out made);
  assert (fd >= 0);
  FileUtils.close (fd);
  FileUtils.unlink (made);
  fd = Temp.mkstemp (out made, dir.get_path (), "vala_", ".txt");
  assert (made.has_prefix (dir.get_path () + "/vala_") && made.has_suffix (".txt"));
  FileUtils.close (fd);

  dir.delete ();
  assert (!FileUtils.test (made, FileTest.EXISTS));

  assert (DirUtils.remove (Temp.mkdtemp ()) == 0);
  Temp.set_default_dir (Environment.get_tmp_dir ());
  assert (Temp.get_dir (Temp.Location.DEFAULT) == Environment.get_tmp_dir ());
  Temp.set_default_dir ();

  var configured = (Temp.File) Object.new (typeof (Temp.File), named: true, prefix: "vala_");
  configured.init ();
  assert ("/vala_" in configured.path);

  try {
    new Temp.File ("/missing/dir");
    assert_not_reached ();
  } catch (IOError.NOT_FOUND e) {
    assert ("/missing/dir" in e.message);
  }
}

int main () {
  try {
    named_file ();
    contents ();
    directory ();
    saved_document ();
    synchronous ();
  } catch (Error e) {
    error (e.message);
  }

  var loop = new MainLoop ();
  asynchronous.begin ((_, result) => {
    try {
      asynchronous.end (result);
    } catch (Error e) {
      error (e.message);
    }
    loop.quit ();
  });
  loop.run ();
  return 0;
}
