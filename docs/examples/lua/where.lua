-- SPDX-License-Identifier: LGPL-2.1-or-later
-- SPDX-FileCopyrightText: 2026 The tempfile-glib authors

-- Where temporary files go: the environment decides, and a program can.
--
-- The environment is changed here to show it. It is the user's: other programs
-- leave it alone.

local lgi = require 'lgi'
local GLib = lgi.GLib
local Temp = lgi.require ('Temp', '1')

local VARIABLES = { 'TMPDIR', 'TEMP', 'TMP' }

-- Makes a file in the default directory, and looks whether that is as expected.
local function check_goes_to (when, expected)
  local file = assert (Temp.File.new_named ())

  print (('%s: made %s'):format (when, file.path))
  assert (GLib.path_get_dirname (file.path) == expected, ('It should be in “%s”'):format (expected))
  assert (file:close ())
end

-- Each variable names a directory of its own, called after it.
local function set_variables (directory)
  for _, variable in ipairs (VARIABLES) do
    local candidate = directory:get_child (variable)

    assert (candidate:make_directory ())
    GLib.setenv (variable, candidate:get_path (), true)
  end

  print ('TMPDIR, TEMP and TMP name directories in ' .. directory.path)
end

-- Some files are better off in a directory of another kind. Not every machine has each.
local function print_dir (files, location)
  local dir, err = Temp.get_dir (location)

  print (('%s go to %s'):format (files, dir or err.message))
end

local directory = assert (Temp.Dir.new (nil, 'where_'))
local base = directory.path
set_variables (directory)

-- One after the other decides. They are looked at once, unless told to look again.
for _, variable in ipairs (VARIABLES) do
  assert (Temp.set_default_dir ())
  check_goes_to (variable .. ' is the first one set', base .. '/' .. variable)
  GLib.unsetenv (variable)
end

-- What takes no file is passed over.
GLib.setenv ('TMPDIR', base .. '/missing', true)
GLib.setenv ('TMP', base, true)
assert (Temp.set_default_dir ())
check_goes_to ('TMPDIR is not there, TMP is', base)

GLib.unsetenv ('TMPDIR')
GLib.unsetenv ('TMP')
assert (Temp.set_default_dir ())
print ('none is set: they go to ' .. assert (Temp.get_default_dir ()))

assert (Temp.set_default_dir (base))
check_goes_to ('the program has set it', base)

print_dir ('large files', 'LARGE')
print_dir ('files for no disk', 'MEMORY')
print_dir ('files that leave a sandbox', 'SHARED')
assert (directory:delete ())
