-- SPDX-License-Identifier: LGPL-2.1-or-later
-- SPDX-FileCopyrightText: 2026 The tempfile-glib authors

-- A file without a name: somewhere to put bytes and take them back, which no
-- other program can find. The one to use unless something needs a path.

local lgi = require 'lgi'
local Gio = lgi.Gio
local Temp = lgi.require ('Temp', '1')

local function check_empty (path)
  local children = assert (Gio.File.new_for_path (path):enumerate_children ('standard::name', 'NONE'))
  local n = 0

  while children:next_file () do
    n = n + 1
  end

  print ('names in that directory: ' .. n)
  assert (n == 0, ('Something is in “%s”'):format (path))
end

local function write_and_read (file, text)
  assert (file.output_stream:write_all (text))
  print ('wrote: ' .. text)

  -- Both streams are at one place in the file, so go back before reading.
  assert (file:seek (0, 'SET'))

  local read = assert (file.input_stream:read_bytes (256)).data
  print ('read back: ' .. read)
  assert (read == text, 'What was read is not what was written')
end

-- An empty directory, only to show that the file is not in it: other programs
-- would pass nothing below, for the default directory.
local dir = assert (Temp.Dir.new (nil, 'example_'))
local file = assert (Temp.File.new (dir.path))
print ('made a file without a name in ' .. dir.path)
print ('path: ' .. (file.path or 'none'))

check_empty (dir.path)
write_and_read (file, 'Hello, temporary world!')

assert (file:close ())
check_empty (dir.path)
assert (dir:delete ())
