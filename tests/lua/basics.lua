-- SPDX-License-Identifier: LGPL-2.1-or-later
-- SPDX-FileCopyrightText: 2026 The tempfile-glib authors

local lgi = require 'lgi'
local GLib, Gio = lgi.GLib, lgi.Gio
local Temp = lgi.require ('Temp', '1')

local tests = {}

local function test (name, run)
  tests[#tests + 1] = { name = name, run = run }
end

local function assert_equal (actual, expected)
  if actual ~= expected then
    error (('%s is not %s'):format (tostring (actual), tostring (expected)), 2)
  end
end

local function exists (path)
  return GLib.file_test (path, 'EXISTS')
end

test ('a file without a name', function ()
  local file = assert (Temp.File.new ())
  assert_equal (file.path, nil)
  assert_equal (file:get_path (), nil)
  assert (file.output_stream:write_all ('hello'))
  assert (file:seek (0, 'SET'))
  assert_equal (file.input_stream:read_bytes (100).data, 'hello')
  assert_equal (file:query_info ('standard::size'):get_size (), 5)
  assert (file:close ())
  assert_equal (file.fd, -1)
end)

test ('a named file', function ()
  local file = assert (Temp.File.new_named (nil, 'lua_', '.txt'))
  local path = file.path
  assert (exists (path))
  assert_equal (file.file:get_path (), path)
  local n_notified = 0
  file.on_notify['path'] = function () n_notified = n_notified + 1 end
  assert (file:close ())
  assert (not exists (path))
  assert_equal (n_notified, 1)
end)

test ('properties at construction', function ()
  local file = Temp.File { named = true, prefix = 'lua_', delete_on_close = false }
  assert (file:init ())
  local path = file.path
  assert (path:find ('/lua_', 1, true))
  assert (file:close ())
  assert (exists (path))
  file = nil
  collectgarbage ()
  collectgarbage ()
  assert (not exists (path))
end)

test ('kept', function ()
  local file = assert (Temp.File.new_named ())
  local path = assert (file:keep ())
  assert (file:close ())
  assert (exists (path))
  assert (os.remove (path))
end)

test ('a directory', function ()
  local dir = assert (Temp.Dir.new (nil, 'lua_'))
  local inside = assert (dir:create_file ('in_'))
  assert_equal (inside.path:sub (1, #dir.path + 4), dir.path .. '/in_')
  assert (dir:create_dir ())
  assert (dir:get_child ('a'):replace_contents ('x', nil, false, 'NONE'))
  assert (dir:delete ())
  assert (not exists (dir.path))
end)

test ('errors', function ()
  local file, problem = Temp.File.new ('/missing/dir')
  assert_equal (file, nil)
  assert (problem:matches (Gio.IOErrorEnum, 'NOT_FOUND'))
  assert (problem.message:find ('/missing/dir', 1, true))
  local dir
  dir, problem = Temp.Dir.new (nil, 'a/b')
  assert_equal (dir, nil)
  assert (problem:matches (Gio.IOErrorEnum, 'INVALID_FILENAME'))
end)

test ('functions', function ()
  local fd, path = Temp.mkstemp (nil, 'lua_')
  assert (fd >= 0)
  assert (os.remove (path))
  assert_equal (GLib.rmdir (assert (Temp.mkdtemp ())), 0)
  assert (Temp.set_default_dir (GLib.get_tmp_dir ()))
  assert_equal (Temp.get_default_dir (), GLib.get_tmp_dir ())
  assert_equal (Temp.get_dir ('DEFAULT'), GLib.get_tmp_dir ())
  assert (Temp.set_default_dir ())
end)

test ('in memory until it grows', function ()
  local file = Temp.SpooledFile.new (4)
  assert (file.output_stream:write_all ('1234'))
  assert_equal (file.rolled, false)
  assert (file.output_stream:write_all ('5'))
  assert_equal (file.rolled, true)
  assert_equal (file:get_size (), 5)
  assert (file:close ())
end)

test ('asynchronous', function ()
  local loop = GLib.MainLoop ()
  local file, dir, problem, path
  Gio.Async.start (function ()
    file = Temp.File.async_new_named (nil, 'lua_')
    path = file.path
    file:async_close ()
    dir = Temp.Dir.async_new ()
    file, problem = Temp.File.async_new ('/missing/dir')
    loop:quit ()
  end) ()
  loop:run ()
  assert (path and not exists (path))
  assert (exists (dir.path))
  assert (dir:delete ())
  assert_equal (file, nil)
  assert (problem:matches (Gio.IOErrorEnum, 'NOT_FOUND'))
end)

test ('a document', function ()
  local dir = assert (Temp.Dir.new ())
  local target = dir:get_child ('document')
  local file = assert (Temp.File.new_beside (target))
  assert_equal (file.path, nil)
  assert (file.output_stream:write_all ('saved'))
  assert (file:persist (target, { 'REPLACE', 'DURABLE' }))
  assert_equal (file.path, target:get_path ())
  local done, problem = dir:create_file ():persist (target, 'NONE')
  assert_equal (done, false)
  assert (problem:matches (Gio.IOErrorEnum, 'EXISTS'))
  assert (dir:delete ())
end)

test ('progress and cancellation', function ()
  local dir = assert (Temp.Dir.new ())
  local loop = GLib.MainLoop ()
  local n, done, problem, cancelled, kept
  assert (dir:create_file ():keep ())
  assert (Temp.remove_tree (dir.file, 'KEEP_ROOT', nil, function (removed) n = removed end))
  assert_equal (n, 1)

  Gio.Async.start (function ()
    Gio.Async.cancellable = Gio.Cancellable ()
    Gio.Async.cancellable:cancel ()
    cancelled, problem = dir:async_delete ()
    kept = exists (dir.path)
    Gio.Async.cancellable = nil
    done = dir:async_delete (function (removed) n = removed end)
    loop:quit ()
  end) ()
  loop:run ()
  assert_equal (cancelled, false)
  assert (problem:matches (Gio.IOErrorEnum, 'CANCELLED'))
  assert (kept)
  assert (done)
  assert (not exists (dir.path))
end)

print ('1..' .. #tests)
for i, one in ipairs (tests) do
  local succeeded, problem = pcall (one.run)
  print (('%s %d %s'):format (succeeded and 'ok' or 'not ok', i, one.name))
  if not succeeded then
    print ('# ' .. tostring (problem))
  end
end
