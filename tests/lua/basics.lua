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

test ('what io.open reads and writes', function ()
  local file = assert (Temp.File.new_named (nil, 'lua_', '.txt'))
  local other = assert (io.open (file.path, 'w'))
  other:write ('one\ntwo\n')
  other:close ()
  local lines = {}
  for line in io.lines (file.path) do
    lines[#lines + 1] = line
  end
  assert_equal (table.concat (lines, ','), 'one,two')
  assert_equal (file.input_stream:read_bytes (100).data, 'one\ntwo\n')
  assert (file:delete ())
  assert_equal (io.open (file.path or 'gone'), nil)
  assert (file:close ())
end)

test ('contents', function ()
  for _, file in ipairs { assert (Temp.File.new ()), Temp.SpooledFile.new (0) } do
    assert (file:replace_bytes (GLib.Bytes ('first\n')))
    local reader = assert (file:open_reader ())
    assert (file.output_stream:write_all ('second\n'))
    assert_equal (reader:read_bytes (100).data, 'first\nsecond\n')
    assert_equal (assert (file:load_bytes ()).data, 'first\nsecond\n')
    assert (file:close ())
    local bytes, problem = file:load_bytes ()
    assert_equal (bytes, nil)
    assert (problem:matches (Gio.IOErrorEnum, 'CLOSED'))
  end
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

test ('a directory goes with all that is in it', function ()
  local dir = assert (Temp.Dir.new (nil, 'lua_', '.d'))
  local path = dir.path
  assert (path:find ('/lua_', 1, true) and path:sub (-2) == '.d')
  for _, name in ipairs { 'a', 'b' } do
    local file = assert (io.open (path .. '/' .. name, 'w'))
    file:write (name)
    file:close ()
  end
  assert_equal (GLib.mkdir_with_parents (path .. '/c/d', 448), 0)
  dir = nil
  collectgarbage ()
  collectgarbage ()
  assert (not exists (path))
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

test ('a document is saved in one call', function ()
  local dir = assert (Temp.Dir.new ())
  local document = dir:get_child ('document')
  local function read ()
    local file = assert (io.open (document:get_path ()))
    local text = file:read ('*a')
    file:close ()
    return text
  end

  local etag = assert (Temp.replace_contents (document, GLib.Bytes ('one'), nil, 'NONE'))
  assert_equal (type (etag), 'string')
  assert_equal (read (), 'one')
  assert (Temp.replace_contents (document, GLib.Bytes ('two'), etag, 'DURABLE'))
  assert_equal (read (), 'two')
  local done, problem = Temp.replace_contents (document, GLib.Bytes ('three'), '1:0', 'NONE')
  assert_equal (done, false)
  assert (problem:matches (Gio.IOErrorEnum, 'WRONG_ETAG'))

  assert (os.execute (("ln '%s' '%s'"):format (document:get_path (), dir.path .. '/other name')))
  done, problem = Temp.replace_contents (document, GLib.Bytes ('three'), nil, 'NONE')
  assert_equal (done, false)
  assert (problem:matches (Temp.SaveError, 'LINKS'))
  assert_equal (read (), 'two')

  local loop = GLib.MainLoop ()
  local results
  Gio.Async.start (function ()
    results = { Temp.async_replace_contents (document, GLib.Bytes ('three'), nil, { 'IN_PLACE', 'DURABLE' }) }
    loop:quit ()
  end) ()
  loop:run ()
  assert_equal (type (results[1]), 'string')
  assert_equal (read (), 'three')
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
