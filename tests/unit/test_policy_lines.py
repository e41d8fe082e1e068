"""Every key that tomllib finds has the line on which it is written."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.lines import Path, lines_of
from policy.loading import preset_text, presets

KEYS = st.one_of(
    st.text("abcXYZ09-_", min_size=1, max_size=6),
    st.text(min_size=0, max_size=5).filter(lambda s: not any("\ud800" <= c <= "\udfff" for c in s)),
)
LEAVES = st.one_of(
    st.integers(-99, 99),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["= 3", "[a]", "# no comment", 'a"b', "'", "\n[x]\nb = 1", "{", "]]", "\\"]),
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
DOCUMENTS = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=4),
    lambda inner: st.dictionaries(KEYS, st.one_of(VALUES, inner), max_size=4),
    max_leaves=6,
)


def key_text(key: str) -> str:
    bare = key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    return key if bare else quoted(key)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class Writer:
    """Writes a document in one of TOML's many ways, and remembers on which line each key went."""

    def __init__(self, draw: Any) -> None:
        self.draw, self.rows = draw, [""]
        self.lines: dict[Path, int] = {}

    def put(self, text: str) -> None:
        first, *more = text.split("\n")
        self.rows[-1] += first
        self.rows += more

    def note(self, path: Path) -> None:
        self.lines[path] = len(self.rows)

    def table(self, path: tuple[str, ...], data: dict[str, Any]) -> None:
        inner = {k: v for k, v in data.items() if isinstance(v, dict)}
        inline = {k: self.draw(st.booleans()) for k in inner}
        for key, value in data.items():
            if key in inner and not inline[key]:
                continue
            self.blank()
            self.note((*path, key))
            self.put(f"{key_text(key)}{self.draw(st.sampled_from([' = ', '=', '  =  ']))}")
            self.value((*path, key), value, lines=True)
            self.put(self.draw(st.sampled_from(["\n", "  # said = 2\n"])))
        for key, value in inner.items():
            if not inline[key]:
                self.blank()
                self.note((*path, key))
                dotted = self.draw(st.sampled_from([".", " . "])).join(map(key_text, (*path, key)))
                self.put(f"[{dotted}]\n")
                self.table((*path, key), value)

    def blank(self) -> None:
        self.put(self.draw(st.sampled_from(["", "\n", "# a = 1\n", "  "])))

    def value(self, path: Path, value: Any, *, lines: bool) -> None:
        if isinstance(value, dict):
            self.put("{")
            for number, (key, inner) in enumerate(value.items()):
                self.put(", " if number else " ")
                self.note((*path, key))
                self.put(f"{key_text(key)} = ")
                self.value((*path, key), inner, lines=False)
            self.put("}")
        elif isinstance(value, list):
            self.put("[")
            for number, inner in enumerate(value):
                self.put(self.draw(st.sampled_from([" ", "\n  ", " # ]\n"])) if lines else " ")
                self.note((*path, number))
                self.value((*path, number), inner, lines=lines)
                self.put(",")
            self.put("]")
        elif isinstance(value, str):
            self.text(value, lines=lines)
        else:
            self.put(json.dumps(value))

    def text(self, value: str, *, lines: bool) -> None:
        plain = not any(ord(c) < 32 or ord(c) == 127 for c in value)
        literal = lines and plain and "'''" not in value and not value.endswith("'")
        if literal and self.draw(st.booleans()):
            self.put(f"'''\n{value}'''")
        elif lines and "\n" in value and self.draw(st.booleans()):
            self.put('"""\\\n' + quoted(value)[1:-1].replace("\\n", "\n") + '"""')
        elif plain and "'" not in value and self.draw(st.booleans()):
            self.put(f"'{value}'")
        else:
            self.put(quoted(value))


def paths(data: Any, path: Path = ()) -> set[Path]:
    found = {path} if path else set()
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in pairs:
        nested = isinstance(value, dict | list)
        found |= paths(value, (*path, key)) if nested else {(*path, key)}
    return found


@given(DOCUMENTS, st.data())
def test_every_key_has_its_line(document: dict[str, Any], data: st.DataObject) -> None:
    writer = Writer(data.draw)
    writer.table((), document)
    text = "\n".join(writer.rows)
    parsed = tomllib.loads(text)
    found = lines_of(text)
    assert set(found.first) == paths(parsed)
    assert found.first == writer.lines
    assert found.again == []


@pytest.mark.parametrize("name", presets())
def test_every_key_of_a_preset_has_a_line_that_holds_it(name: str) -> None:
    text = preset_text(name)
    rows = text.split("\n")
    found = lines_of(text).first
    assert set(found) == paths(tomllib.loads(text))
    for path, line in found.items():
        if isinstance(path[-1], str):
            assert path[-1] in rows[line - 1]


def test_arrays_of_tables_and_dotted_keys_have_lines() -> None:
    text = "[[t]]\nk = 1\n[t.sub]\nk = 2\n[[t]]\na.b = 3\n[u.v]\n[u]\nw = 1\n"
    assert lines_of(text).first == {
        ("t",): 1,
        ("t", 0): 1,
        ("t", 0, "k"): 2,
        ("t", 0, "sub"): 3,
        ("t", 0, "sub", "k"): 4,
        ("t", 1): 5,
        ("t", 1, "a"): 6,
        ("t", 1, "a", "b"): 6,
        ("u",): 8,
        ("u", "v"): 7,
        ("u", "w"): 9,
    }


def test_a_key_that_is_written_twice_is_found_with_both_lines() -> None:
    found = lines_of("[a]\nb = 1\nc = 2\nb = 3\n[a]\n")
    assert found.again == [(("a", "b"), 4), (("a",), 5)]
    assert found.first[("a", "b")] == 2


@given(st.text(alphabet="ab=[]{}.\"',#\n\\ 1", max_size=60))
def test_text_that_is_no_toml_comes_to_an_end(text: str) -> None:
    assert isinstance(lines_of(text).first, dict)
