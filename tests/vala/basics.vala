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
  string text;
  FileUtils.get_contents (target.get_path (), out text);
  assert (text == "two");

  assert (Posix.link (target.get_path (), target.get_path () + "2") == 0);
  try {
    yield Temp.replace_contents_async (target, new Bytes ("three".data), null, Temp.PersistFlags.NONE, Priority.DEFAULT,
                                       null, null);
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
  dir.delete ();

  string made;
  int fd = Temp.mkstemp (null, null, null, out made);
  assert (fd >= 0);
  FileUtils.close (fd);
  FileUtils.unlink (made);

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
