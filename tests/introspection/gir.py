#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

"""Walks the GIR, and fails on what other languages could not use, or should not see.

Takes the GIR and the public headers.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CORE = "{http://www.gtk.org/introspection/core/1.0}"
C = "{http://www.gtk.org/introspection/c/1.0}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"

TYPES = ("class", "interface", "record", "union", "enumeration", "bitfield", "alias", "callback", "boxed")
CALLABLES = ("function", "method", "constructor", "virtual-method", "callback", "signal")
DOCUMENTED = (*TYPES, *CALLABLES, "property", "constant", "member", "parameter", "return-value")
# What takes a path or a part of one, in whatever encoding the file system has.
FILE_NAMES = ("dir", "prefix", "suffix", "path", "name")


def tag(element):
    return element.tag.rpartition("}")[2] if element.tag.startswith((CORE, GLIB)) else ""


def is_class_structure(element):
    return element.get(GLIB + "is-gtype-struct-for") is not None


def type_of(element):
    return next((child for child in element if tag(child) in ("type", "array", "varargs")), None)


def type_name(element):
    found = type_of(element)
    return found.get("name") if found is not None else None


def parameters(callable_):
    return callable_.findall(f"{CORE}parameters/{CORE}parameter")


class Gir:
    def __init__(self, path, headers):
        self.namespace = ElementTree.parse(path).getroot().find(f"{CORE}namespace")
        self.headers = "\n".join(Path(header).read_text(encoding="utf-8") for header in headers)
        self.elements = list(self._walk(self.namespace, "Temp"))

    def _walk(self, parent, path):
        for element in parent:
            if not tag(element) or is_class_structure(element):
                continue
            name = element.get("name")
            own = path
            if name and tag(element) not in ("type", "array", "parameters"):
                own = f"{path}.{name}"
            elif tag(element) in ("return-value", "instance-parameter"):
                own = f"{path} ({tag(element)})"
            yield own, element
            yield from self._walk(element, own)

    def each(self, *tags):
        return ((path, element) for path, element in self.elements if tag(element) in tags)

    def skipped(self):
        for path, element in self.elements:
            if element.get("introspectable") == "0" and tag(element) != "function-macro":
                yield f"{path} is skipped"
            elif element.get("skip") == "1":
                yield f"{path} is skipped"

    def undocumented(self):
        for path, element in self.each(*DOCUMENTED):
            if tag(element) == "return-value" and type_name(element) == "none":
                continue
            if element.find(f"{CORE}doc") is None:
                yield f"{path} is undocumented"

    def without_version(self):
        for path, element in self.each("class", "function", "method", "constructor", "property", "enumeration",
                                       "bitfield", "callback", "constant"):
            if element.get("version") is None:
                yield f"{path} does not say since when it is there"

    def unannotated(self):
        for path, element in self.each(*CALLABLES):
            closures = {parameter.get("closure") for parameter in parameters(element)}
            for index, parameter in enumerate(parameters(element)):
                yield from self._unannotated_parameter(f"{path}.{parameter.get('name')}", parameter,
                                                       str(index) in closures)
            returned = element.find(f"{CORE}return-value")
            if returned is not None:
                yield from self._unannotated_value(f"{path} (return-value)", returned, False)
        for path, element in self.each("property"):
            yield from self._unannotated_value(path, element, False, names_too=False)

    def _unannotated_parameter(self, path, parameter, is_user_data):
        yield from self._unannotated_value(path, parameter, is_user_data)
        name = type_name(parameter) or ""
        callbacks = [element.get("name") for _, element in self.each("callback")]
        if name in callbacks or name.endswith("Callback"):
            if parameter.get("scope") is None:
                yield f"{path} has no scope"
            if parameter.get("closure") is None:
                yield f"{path} has no closure"
        if parameter.get("direction", "in") != "in" and parameter.get("transfer-ownership") is None:
            yield f"{path} does not say whose it is"

    def _unannotated_value(self, path, element, is_user_data, names_too=True):
        found = type_of(element)
        if found is None or tag(found) == "varargs":
            yield f"{path} has no type"
            return
        if tag(found) == "array":
            return
        if found.get("name") is None:
            yield f"{path} is of an unknown type"
        elif found.get("name") in ("gpointer", "gconstpointer") and not is_user_data:
            yield f"{path} is a bare pointer"
        elif found.get("name") in ("GLib.List", "GLib.SList", "GLib.PtrArray", "GLib.HashTable") and \
                type_of(found) is None:
            yield f"{path} does not say what is in it"
        elif names_too and found.get("name") == "utf8" and path.rpartition(".")[2].split(" ")[0] in FILE_NAMES:
            yield f"{path} should be a file name"

    def unfinished(self):
        identifiers = {element.get(C + "identifier") for _, element in self.each(*CALLABLES)}
        for path, element in self.each("function", "method"):
            identifier = element.get(C + "identifier")
            if not identifier.endswith("_async"):
                continue
            finish = re.sub("_async$", "_finish", identifier)
            if finish not in identifiers:
                yield f"{path} has no {finish}()"
            if not any(parameter.get("scope") == "async" for parameter in parameters(element)):
                yield f"{path} has no callback with the scope async"

    def getters(self):
        for path, element in self.each("class"):
            methods = {method.get("name") for method in element.findall(f"{CORE}method")}
            for found in element.findall(f"{CORE}property"):
                if found.get("getter") is None:
                    yield f"{path}:{found.get('name')} has no getter"
                stem = found.get("name").replace("-", "_")
                for kind in ("get", "set"):
                    if f"{kind}_{stem}" in methods and found.get(f"{kind}ter") is None:
                        yield f"{path}:{found.get('name')} does not name {kind}_{stem}()"

    def exposed(self):
        for path, element in self.each(*CALLABLES):
            identifier = element.get(C + "identifier")
            if identifier and not re.search(rf"\b{identifier}\b", self.headers):
                yield f"{path} is in no public header"
        for path, element in self.each(*TYPES):
            c_type = element.get(C + "type")
            if c_type and not re.search(rf"\b{c_type}\b", self.headers):
                yield f"{path} is in no public header"
        for path, element in self.each("constant"):
            identifier = element.get(C + "type") or element.get(C + "identifier")
            if not re.search(rf"#define {identifier}\b", self.headers):
                yield f"{path} is in no public header"
        for path, element in self.elements:
            if tag(element) in ("field", "virtual-method"):
                yield f"{path} is exposed"

    def missing(self):
        found = {element.get(C + "identifier") for _, element in self.each(*CALLABLES)}
        declared = re.findall(r"^TEMP_AVAILABLE_IN_\w+\n[^;]*?\b(temp_\w+)\s*\(", self.headers, re.M)
        if not declared:
            yield "no declaration was found"
        for identifier in declared:
            if identifier not in found:
                yield f"{identifier}() is missing"


CHECKS = {
    "nothing is skipped": Gir.skipped,
    "everything is documented": Gir.undocumented,
    "everything says since when it is there": Gir.without_version,
    "everything is annotated": Gir.unannotated,
    "what is asynchronous can be finished": Gir.unfinished,
    "properties name their getters and setters": Gir.getters,
    "nothing is exposed by mistake": Gir.exposed,
    "all that is public is there": Gir.missing,
}


def main():
    gir = Gir(sys.argv[1], sys.argv[2:])
    print(f"1..{len(CHECKS)}")
    for number, (name, check) in enumerate(CHECKS.items(), 1):
        problems = sorted(set(check(gir)))
        print(f"{'not ok' if problems else 'ok'} {number} {name}")
        for problem in problems:
            print(f"# {problem}")


if __name__ == "__main__":
    main()
