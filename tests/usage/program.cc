/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* A named file, a directory and a saved document, as somebody writes them in C++. */
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <tempfile-glib/tempfile-glib.h>

namespace {

struct Unref
{
  void operator() (gpointer object) const { g_object_unref (object); }
};

template <typename T>
using Ref = std::unique_ptr<T, Unref>;
using Bytes = std::unique_ptr<GBytes, decltype (&g_bytes_unref)>;

class Error : public std::runtime_error
{
public:
  explicit Error (GError *error)
    : std::runtime_error (error->message), error_ (error, g_error_free)
  {
  }

  bool matches (GQuark domain, int code) const { return g_error_matches (error_.get (), domain, code); }

private:
  std::shared_ptr<GError> error_;
};

/* Calls a function of the library with its arguments, and throws if it fails. */
template <typename Function, typename... Args>
auto call (Function function, Args... args) -> decltype (function (args..., nullptr))
{
  GError *error = nullptr;
  auto result = function (args..., &error);

  if (error != nullptr)
    throw Error (error);
  return result;
}

void check (bool condition, const char *what)
{
  if (!condition)
    throw std::logic_error (what);
}

bool exists (const std::string &path)
{
  return g_file_test (path.c_str (), G_FILE_TEST_EXISTS);
}

std::string read (const std::string &path)
{
  std::ifstream stream (path);
  return { std::istreambuf_iterator<char> (stream), {} };
}

Bytes to_bytes (const std::string &text)
{
  return Bytes (g_bytes_new (text.data (), text.size ()), g_bytes_unref);
}

/* The file goes at the end of its block, also when an exception leaves it. */
void test_named_file ()
{
  std::string path;

  try
    {
      Ref<TempFile> file (call (temp_file_new_named, nullptr, "cpp-", ".txt"));
      path = temp_file_get_path (file.get ());
      check (path.find ("/cpp-") != std::string::npos, "the name begins with the prefix");

      std::ofstream (path) << "one\ntwo\n";
      Bytes bytes (call (temp_file_load_bytes, file.get (), nullptr), g_bytes_unref);
      check (g_bytes_get_size (bytes.get ()) == 8, "the file has what another stream has written");
      call (temp_file_replace_bytes, file.get (), to_bytes ("three").get (), nullptr);
      check (read (path) == "three", "another stream reads what the file has");
      throw std::out_of_range ("leave the block");
    }
  catch (const std::out_of_range &)
    {
    }
  check (!path.empty () && !exists (path), "the file is gone");
}

void test_directory ()
{
  std::string path, kept;
  {
    Ref<TempDir> dir (call (temp_dir_new, nullptr, "cpp-", nullptr));
    path = temp_dir_get_path (dir.get ());

    std::ofstream (path + "/a") << "a";
    Ref<TempFile> inside (call (temp_dir_create_file, dir.get (), nullptr, ".txt"));
    Ref<TempDir> nested (call (temp_dir_create_dir, dir.get (), nullptr, nullptr));
    std::ofstream (std::string (temp_dir_get_path (nested.get ())) + "/b") << "b";

    Ref<TempDir> moved (std::move (dir));
    check (exists (path), "the directory is there after a move of its object");
  }
  check (!exists (path), "the directory is gone with all that was in it");
}

void test_document ()
{
  Ref<TempDir> dir (call (temp_dir_new, nullptr, "cpp-", nullptr));
  Ref<GFile> document (temp_dir_get_child (dir.get (), "document"));
  const std::string path = g_file_peek_path (document.get ());
  const TempPersistFlags flags = TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE;
  char *etag = nullptr;

  call (temp_replace_contents, document.get (), to_bytes ("one").get (), nullptr, TEMP_PERSIST_NONE, &etag, nullptr);
  check (read (path) == "one", "the document is saved in one call");

  Ref<TempFile> file (call (temp_file_new_beside, document.get (), nullptr));
  temp_file_set_expected_etag (file.get (), etag);
  g_free (etag);
  call (temp_file_replace_bytes, file.get (), to_bytes ("two").get (), nullptr);
  call (temp_file_persist, file.get (), document.get (), flags, nullptr);
  check (read (path) == "two", "the document is saved by a file beside it");

  try
    {
      call (temp_replace_contents, document.get (), to_bytes ("three").get (), "1:0", flags | TEMP_PERSIST_IN_PLACE,
            nullptr, nullptr);
      check (false, "another document is expected");
    }
  catch (const Error &error)
    {
      check (error.matches (G_IO_ERROR, G_IO_ERROR_WRONG_ETAG), "the error has its code");
      check (std::string (error.what ()).find ("document") != std::string::npos, "the error names the document");
    }
  check (read (path) == "two", "an error changes nothing");
}

}

int main ()
{
  try
    {
      test_named_file ();
      test_directory ();
      test_document ();
    }
  catch (const std::exception &exception)
    {
      std::cerr << exception.what () << '\n';
      return 1;
    }
  return 0;
}
