-- SPDX-License-Identifier: LGPL-2.1-or-later
-- SPDX-FileCopyrightText: 2026 The tempfile-glib authors

-- A directory: an archive is made in one, and unpacked in another; both go, with
-- all that is in them. Takes the directory to pack as its argument.

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

local function tar (directory, ...)
  local subprocess = assert (Gio.Subprocess.new ({ 'tar', '-C', directory, ... }, 'NONE'))
  assert (subprocess:wait_check ())
end

-- Counts what is in a directory, and in those below, but not these themselves.
local function count_files (directory)
  local children = assert (directory:enumerate_children ('standard::name,standard::type', 'NOFOLLOW_SYMLINKS'))
  local n = 0

  while true do
    local info, problem = children:next_file ()
    if problem then
      error (problem)
    elseif not info then
      return n
    end
    n = n + (info:get_file_type () == 'DIRECTORY' and count_files (children:get_child (info)) or 1)
  end
end

local function pack_and_unpack (source, packed, unpacked)
  local archive = packed:get_child ('archive.tar'):get_path ()

  tar (source, '-cf', archive, '.')
  local n_packed = count_files (Gio.File.new_for_path (source))
  print (('packed %d files of %s in %s'):format (n_packed, source, archive))

  tar (unpacked.path, '-xf', archive)
  local n_unpacked = count_files (unpacked.file)
  print (('unpacked %d files in %s'):format (n_unpacked, unpacked.path))

  assert (n_packed == n_unpacked, 'Not all the files were unpacked')
end

local source = arg[1] or '/usr/share/common-licenses'
local packed = assert (Temp.Dir.new (nil, 'packed_'))
local unpacked = assert (Temp.Dir.new (nil, 'unpacked_'))
local packed_path = packed.path
local unpacked_path = unpacked.path
print (('made %s and %s'):format (packed_path, unpacked_path))

-- If anything fails, both are deleted when the program exits.
pack_and_unpack (source, packed, unpacked)

assert (unpacked:delete ())
check_exists ('the second one after delete', unpacked_path, false)
check_exists ('the first one', packed_path, true)

-- Here, the collector must come first. Programs would say packed:delete ().
packed = nil
collectgarbage ()
collectgarbage ()
check_exists ('the first one after its object is gone', packed_path, false)
