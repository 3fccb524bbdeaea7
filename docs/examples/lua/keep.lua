-- SPDX-License-Identifier: LGPL-2.1-or-later
-- SPDX-FileCopyrightText: 2026 The tempfile-glib authors

-- A file that is kept on purpose: it is temporary until it turns out to be
-- wanted, as a report of what went wrong may be.

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

-- Returns the path of a file that stays.
local function make_report (text)
  local file = assert (Temp.File.new_named (nil, 'report_', '.txt'))
  print ('made ' .. file.path)

  assert (file.output_stream:write_all (text))
  print ('wrote: ' .. text)

  local path = assert (file:keep ())
  print ('kept ' .. path)

  assert (file:close ())
  return path
end

local path = make_report ('All is well.')
check_exists ('after its object is gone', path, true)

local report = assert (io.open (path))
print ('it holds: ' .. report:read ('*a'))
report:close ()

assert (Gio.File.new_for_path (path):delete ())
check_exists ('after it was deleted by hand', path, false)
