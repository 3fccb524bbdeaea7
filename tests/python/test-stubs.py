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

from gi.module import get_introspection_module

import support
from support import Temp

HERE = os.path.dirname(os.path.abspath(__file__))
BINDINGS = os.path.join(HERE, "..", "..", "tempfile-glib", "bindings")
STUBS = os.path.join(BINDINGS, "gi", "repository", "Temp.pyi")

# Classes of the library that nobody can use in Python: what a GObject's class is in C.
STRUCTURES = {"DirClass", "FileClass", "SpooledFileClass"}


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

    def setUp(self):
        super().setUp()
        with open(STUBS) as file:
            self.tree = ast.parse(file.read())

    def parameters(self, node):
        names = [arg.arg for arg in node.args.args]
        if node.args.vararg:
            names.append("*" + node.args.vararg.arg)
        return names + [arg.arg for arg in node.args.kwonlyargs]

    def declared(self, body):
        """Gives {name: [nodes]} of what is declared, of functions with several signatures all of them."""
        declared = {}
        for node in body:
            if isinstance(node, ast.AnnAssign):
                declared.setdefault(node.target.id, []).append(node)
            elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                declared.setdefault(node.name, []).append(node)
        return declared

    def check_function(self, whole_name, nodes, function):
        """Each parameter is declared in one of the signatures, and each that is declared is there, in that order."""
        if not inspect.isroutine(function):
            return
        real = [("*" if parameter.kind is parameter.VAR_POSITIONAL else "") + name
                for name, parameter in inspect.signature(function).parameters.items()
                if parameter.kind is not parameter.VAR_KEYWORD and name not in ("self", "cls")]
        if real == ["*args"]:
            return  # for whatever the file takes
        declared = set()
        for node in nodes:
            names = [name for name in self.parameters(node) if name not in ("self", "cls")]
            self.assertEqual([name for name in real if name in names], names, whole_name)
            declared.update(names)
        self.assertEqual([name for name in real if name not in declared], [], whole_name)

    def check_names(self, name, declared, real):
        self.assertEqual(sorted(declared - real), [], f"{name} has what is not there")
        self.assertEqual(sorted(real - declared), [], f"{name} does not have what is there")

    def test_module(self):
        declared = self.declared(self.tree.body)
        public = {name for name in declared if not name.startswith("_")}
        self.check_names("Temp.pyi", public, {name for name in dir(Temp) if not name.startswith("_")} - STRUCTURES)
        for name, nodes in declared.items():
            if isinstance(nodes[0], ast.FunctionDef):
                self.assertTrue(hasattr(Temp, name), name)
                self.check_function(name, nodes, getattr(Temp, name))

    def test_classes(self):
        introspected = get_introspection_module("Temp")
        for name, (node, *_) in self.declared(self.tree.body).items():
            if not isinstance(node, ast.ClassDef):
                continue
            cls = getattr(Temp, name)
            members = self.declared(node.body)
            if name in ("_TemporaryFileWrapper", "_TemporaryFileCloser"):
                # What they have of the file is nowhere in the class.
                with Temp.NamedTemporaryFile("w+") as file:
                    thing = file
                    if name == "_TemporaryFileCloser":
                        thing = Temp._TemporaryFileCloser(file, file.name, False)
                    missing = {member for member in members if not hasattr(thing, member)} - {"__next__"}
                self.assertEqual(missing, set(), name)
                continue
            real = {member for found in (cls, getattr(introspected, name, cls)) for member in vars(found)
                    if not member.startswith("_") and member != "props"}
            public = {member for member in members if not member.startswith("_")}
            attributes = {member for member in public if isinstance(members[member][0], ast.AnnAssign)}
            self.check_names(name, public - (attributes - real), real)
            for member, nodes in members.items():
                if isinstance(nodes[0], ast.FunctionDef) and not member.startswith("__"):
                    self.check_function(f"{name}.{member}", nodes, getattr(cls, member))

    def test_constructors(self):
        for name in "File", "Dir", "SpooledFile", "SpooledTemporaryFile", "TemporaryDirectory", "_TemporaryFileWrapper":
            nodes = self.declared(self.declared(self.tree.body)[name][0].body)["__init__"]
            declared = {parameter for node in nodes for parameter in self.parameters(node)} - {"self"}
            self.assertEqual(declared, set(inspect.signature(getattr(Temp, name)).parameters), name)

    def test_final(self):
        for name in "File", "Dir", "SpooledFile":
            node = self.declared(self.tree.body)[name][0]
            self.assertEqual([decorator.id for decorator in node.decorator_list], ["final"])


if __name__ == "__main__":
    support.main()
