-- SPDX-License-Identifier: LGPL-2.1-or-later
-- SPDX-FileCopyrightText: 2026 The tempfile-glib authors

-- Saving a document so that it is never lost: neither by a full disk, nor by a
-- power cut, nor by a program that reads it at the wrong moment.
--
-- save-document.lua FILE LINE adds a line to a file. If the file cannot be replaced
-- without harm, the user is asked whether to write into it.

local lgi = require 'lgi'
local GLib, Gio = lgi.GLib, lgi.Gio
local Temp = lgi.require ('Temp', '1')

-- An application has a dialog here.
local function ask (message)
  io.write (message, '. Write into it all the same? [y/N] ')
  local answer = io.read ()
  return answer ~= nil and answer:sub (1, 1) == 'y'
end

-- Returns the contents and the entity tag, or nil and the error. A document that is not there yet is empty.
local function load (document)
  local contents, etag = document:load_contents ()

  if not contents and etag:matches (Gio.IOErrorEnum, 'NOT_FOUND') then
    return ''
  end
  return contents or nil, etag
end

-- Saves, and returns true and the new entity tag, which is to be there the next time.
local function save (document, contents, etag)
  local flags = { 'DURABLE' }
  local saved, result = Temp.replace_contents (document, contents, etag, flags)

  if not saved and result.domain == Temp.SaveError and ask (result.message) then
    flags = { 'DURABLE', 'IN_PLACE' }
    saved, result = Temp.replace_contents (document, contents, etag, flags)
  end
  return saved, result
end

if #arg ~= 2 then
  io.stderr:write ('Usage: ', arg[0], ' FILE LINE\n')
  os.exit (1)
end

local function run (path, line)
  local document = Gio.File.new_for_commandline_arg (path)
  local contents, etag = load (document)

  if not contents then
    return nil, etag
  end
  return save (document, GLib.Bytes (contents .. line .. '\n'), etag)
end

local saved, problem = run (arg[1], arg[2])
if not saved then
  io.stderr:write ('Your changes are not saved. ', problem.message, '\n')
  os.exit (1)
end
print ('Saved')
