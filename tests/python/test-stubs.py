# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Tests the types that checkers are told: against a checker, and against what there is."""

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
import unittest

import support
from support import Temp

HERE = os.path.dirname(os.path.abspath(__file__))
BINDINGS = os.path.join(HERE, "..", "..", "tempfile-glib", "bindings")
STUBS = os.path.join(BINDINGS, "gi", "repository", "Temp.pyi")

# What the library built here may be too old for.
NEWER = {
    "RemoveFlags", "remove_tree", "remove_tree_async", "remove_tree_finish", "sweep", "guard_start", "SpooledFile",
    "Dir.delete_async", "Dir.delete_finish", "Dir.persist", "Dir.persist_async", "Dir.persist_finish",
    "guard_start_async", "guard_start_finish", "Dir.keep_async", "Dir.keep_finish", "File.keep_async",
    "File.keep_finish", "File.load_bytes", "File.load_bytes_async", "File.load_bytes_finish", "File.replace_bytes",
    "File.replace_bytes_async", "File.replace_bytes_finish", "File.new_beside_async", "File.new_beside_finish",
    "File.new_beside", "File.reopen", "File.persist", "File.persist_async", "File.persist_finish", "PersistFlags",
    "SaveError", "save_error_quark", "replace_contents", "replace_contents_async", "replace_contents_finish",
    "File.get_expected_etag", "File.set_expected_etag",
}


class TestStubs(support.TestCase):
    @unittest.skipIf(shutil.which("mypy") is None, "mypy is not installed")
    def test_mypy(self):
        program = os.path.join(HERE, "typed.py")
        done = subprocess.run(["mypy", "--strict", "--python-executable", sys.executable, "--python-version", "3.11",
                               "--cache-dir", os.path.join(self.dir, "cache"), "--no-error-summary",
                               "--hide-error-context", program],
                              env=dict(os.environ, MYPYPATH=BINDINGS), capture_output=True, text=True)
        with open(program) as lines:
            expected = {number for number, line in enumerate(lines, 1) if line.endswith("# error\n")}
        found = set()
        for line in done.stdout.splitlines():
            error = re.match(r"(.*):(\d+): error: ", line)
            if error:
                self.assertEqual(os.path.basename(error[1]), "typed.py", line)
                found.add(int(error[2]))
        self.assertEqual(found, expected, done.stdout + done.stderr)

    def parameters(self, node):
        names = [arg.arg for arg in node.args.args]
        if node.args.vararg:
            names.append("*" + node.args.vararg.arg)
        return names + [arg.arg for arg in node.args.kwonlyargs]

    def check_function(self, node, function, in_class):
        if not inspect.isroutine(function) or not hasattr(function, "__code__"):
            return False  # the library's own, of which not every PyGObject tells the arguments
        signature = inspect.signature(function)
        stub = [name for name in self.parameters(node) if not (in_class and name in ("self", "cls"))]
        real = [("*" if parameter.kind is parameter.VAR_POSITIONAL else "") + name
                for name, parameter in signature.parameters.items()
                if parameter.kind is not parameter.VAR_KEYWORD and name != "self"]
        self.assertEqual(stub, real, node.name)
        return True

    def test_names(self):
        with open(STUBS) as file:
            tree = ast.parse(file.read())

        n_checked = 0
        overloaded = set()
        for node in tree.body:
            name = getattr(node, "name", None) or (node.target.id if isinstance(node, ast.AnnAssign) else "_")
            if name.startswith("_"):
                continue
            if not hasattr(Temp, name) and name in NEWER:
                continue
            self.assertTrue(hasattr(Temp, name), name)
            if isinstance(node, ast.FunctionDef):
                if any(getattr(decorator, "id", "") == "overload" for decorator in node.decorator_list):
                    if name in overloaded:
                        continue
                    overloaded.add(name)
                n_checked += self.check_function(node, getattr(Temp, name), False)
            elif isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                        whole_name = f"{name}.{member.name}"
                        if whole_name not in NEWER:
                            self.assertTrue(hasattr(getattr(Temp, name), member.name), whole_name)

        self.assertGreaterEqual(n_checked, 10)


if __name__ == "__main__":
    support.main()
