-- SPDX-License-Identifier: LGPL-2.1-or-later
-- SPDX-FileCopyrightText: 2026 The tempfile-glib authors

-- A file with a name: filled from a stream, then handed by its path to another
-- program. Takes the file to copy as its argument.

local lgi = require 'lgi'
local GLib, Gio = lgi.GLib, lgi.Gio
local Temp = lgi.require ('Temp', '1')

local function check_exists (when, path, expected)
  local exists = GLib.file_test (path, 'EXISTS')

  print (('%s, exists: %s'):format (when, exists and 'yes' or 'no'))
  if exists ~= expected then
    error (('“%s” should%s exist'):format (path, expected and '' or ' not'))
  end
end

local function fill (file, source_path)
  local source = assert (Gio.File.new_for_path (source_path):read ())

  -- The output stream stays open: closing it is for the file to do.
  local n_bytes, problem = file.output_stream:splice (source, { 'CLOSE_SOURCE' })
  if problem then
    error (problem)
  end
  print (('copied %d bytes of %s into it'):format (n_bytes, source_path))
end

local function sort (path)
  local launcher = Gio.SubprocessLauncher.new ({ 'STDOUT_PIPE' })
  launcher:setenv ('LC_ALL', 'C', true) -- the same order in every locale

  local subprocess = assert (launcher:spawnv ({ 'sort', path }))
  local output = assert (subprocess:communicate_utf8 ())
  assert (subprocess:wait_check ())

  local n, first = 0, nil
  for line in output:gmatch ('([^\n]*)\n') do
    n = n + 1
    first = first or line:match ('%S.*%S') or line:match ('%S')
  end
  print (('sort read it by its path, and gave %d lines'):format (n))
  print ('the first one that is not blank: ' .. (first or 'none'))
end

local source_path = arg[1] or '/usr/share/common-licenses/GPL-3'
local file = assert (Temp.File.new_named (nil, 'myapp_', '.log'))
local path = file.path
print ('made ' .. path)

check_exists ('while open', path, true)
fill (file, source_path)
sort (path)

assert (file:close ())
check_exists ('after close', path, false)
