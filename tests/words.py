#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Checks the text for people: all of it is marked and short, and each translation has all of it.

    words.py ROOT

ROOT is the folder of the project. Comments of the sources do not count.
"""

import pathlib
import re
import sys

# The functions whose text an application may show.
CALLS = re.compile(r"\b(?:g_set_error(?:_literal)?|g_prefix_error(?:_literal)?|g_propagate_prefixed_error|g_error_new\w*|"
                   r"g_task_return_new_error|temp_error_\w+|temp_entry_set_\w+|temp_entry_propagate_error|temp_sweep_tell|"
                   r"temp_sweep_fail\w*|spare|g_option_context_set_summary|remark) \(")
MARKS = re.compile(r"\b(?:N?_|temp_words_get_plural) ?\((?=[\s\"])")
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')

# What no user knows: constants, and what is behind the scenes.
UNKNOWN = re.compile(r"\b(?:G|TEMP)_[A-Z_]+\b|/proc|\.tmp|errno|outstanding")

# A message with its cause fits in the width of a toast; paths come on top.
MAX_LETTERS = 80


def strip_comments(text):
    return re.sub(r'("(?:[^"\\\n]|\\.)*")|/\*.*?\*/', lambda match: match[1] or "", text, flags=re.S)


def get_arguments(text, start):
    """Returns the text up to the parenthesis that closes the one before `start`."""
    depth, at = 1, start
    for match in re.compile(r'"(?:[^"\\]|\\.)*"|[()]').finditer(text, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        at = match.start()
        if depth == 0:
            break
    return text[start:at]


def join(literals):
    """Returns the string of adjacent literals."""
    return "".join(LITERAL.findall(literals)).replace('\\"', '"').replace("\\n", "\n")


def split_arguments(text):
    """Returns the arguments of a call, each with its literals, split at the commas outside of them."""
    parts, depth, last = [], 0, 0
    for match in re.compile(r'"(?:[^"\\]|\\.)*"|[(),]').finditer(text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if match[0] == "," and depth == 0:
            parts.append(text[last:match.start()])
            last = match.end()
    return [*parts, text[last:]]


def read_marked(text):
    """Returns the marked texts, and the source without them."""
    marked, bare, last = [], [], 0
    for match in MARKS.finditer(text):
        arguments = get_arguments(text, match.end())
        n_texts = 2 if "plural" in match[0] else 1
        marked.extend(join(part) for part in split_arguments(arguments)[:n_texts])
        bare.append(text[last:match.start()])
        last = match.end() + len(arguments) + 1
    return marked, "".join([*bare, text[last:]])


def find_unmarked(bare):
    """Returns the literals with letters in calls that set errors."""
    found = []
    for match in CALLS.finditer(bare):
        for literal in LITERAL.findall(get_arguments(bare, match.end())):
            if re.search(r"[^\W\d_]", re.sub(r"%[-\d.]*l*[a-z]|\\.", "", literal)):
                found.append(literal)
    return found


def count_letters(text):
    return len(re.sub(r"%l?[a-z]", "", text))


def read_po(path):
    """Returns the entries of a file of translations: flags, texts, and translations."""
    entries = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        flags = [line for line in block.splitlines() if line.startswith("#,")]
        fields = re.findall(r"^(msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:\"(?:[^\"\\]|\\.)*\"\s*)+)", "\n".join(lines), re.M)
        texts = [join(value) for name, value in fields if name.startswith("msgid")]
        if texts and texts != [""]:
            entries.append((" ".join(flags), texts, [join(value) for name, value in fields if name.startswith("msgstr")]))
    return entries


def read_list(path):
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def check_sources(root):
    """Returns all texts, the files that have any, and what is wrong with them."""
    texts, files, wrong = [], [], []
    for path in sorted((root / "tempfile-glib").rglob("*.c")):
        name = path.relative_to(root).as_posix()
        source = strip_comments(path.read_text(encoding="utf-8"))
        if "gi18n" in source:
            wrong.append(f"{name}: base/words.h replaces gi18n.h")
        if name.endswith("/base/words.c"):
            continue
        marked, bare = read_marked(source)
        wrong += [f"{name}: not in _(): {text}" for text in find_unmarked(bare)]
        wrong += [f"{name}: not known to users: {text}" for text in marked if UNKNOWN.search(text)]
        wrong += [f"{name}: {count_letters(text)} letters: {text}" for text in marked if count_letters(text) > MAX_LETTERS]
        texts += marked
        if marked:
            files.append(name)
    return texts, files, wrong


def check_translation(path, texts):
    """Returns what is wrong with a translation."""
    entries = read_po(path)
    known = {text for _, ids, _ in entries for text in ids}
    wrong = [f"{path.name}: missing: {text}" for text in sorted(set(texts) - known)]
    wrong += [f"{path.name}: not in the sources: {text}" for text in sorted(known - set(texts))]
    for flags, ids, translations in entries:
        if "fuzzy" in flags or not all(translations):
            wrong.append(f"{path.name}: fuzzy or untranslated: {ids[0]}")
        places = re.findall(r"%l?[a-z]", ids[-1])
        for text in translations:
            if text and re.findall(r"%l?[a-z]", text) != places:
                wrong.append(f"{path.name}: other places for path and cause: {text}")
            if text.endswith(": %s") != ids[-1].endswith(": %s"):
                wrong.append(f"{path.name}: the cause is not at the end: {text}")
            if count_letters(text) > MAX_LETTERS + 10:
                wrong.append(f"{path.name}: {count_letters(text)} letters: {text}")
    return wrong


def main(root):
    root = pathlib.Path(root)
    po = root / "tempfile-glib" / "po"
    texts, files, wrong = check_sources(root)
    listed = read_list(po / "POTFILES")
    languages = read_list(po / "LINGUAS")

    checks = [("all text for people is marked and short", wrong),
              ("POTFILES lists the sources that have text", [] if listed == files else sorted({*listed} ^ {*files}) or ["the order"]),
              ("LINGUAS lists the translations", sorted({*languages} ^ {path.stem for path in po.glob("*.po")}))]
    for language in languages:
        checks.append((f"{language} has all {len(set(texts))} texts", check_translation(po / f"{language}.po", texts)))

    print(f"1..{len(checks)}")
    for number, (name, lines) in enumerate(checks, 1):
        print(f"{'not ok' if lines else 'ok'} {number} {name}", *lines, sep="\n# ")
    return 1 if not texts or any(lines for _, lines in checks) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
