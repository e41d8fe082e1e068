"""Templates as files: JSON or TOML of the fields of Template, checked; and back to JSON.

A mistake is named with the nearest word that would have been right.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from domain.errors import BadInput
from hotlists.category_cells import CategoryRules
from hotlists.nearest import no_such
from hotlists.templates import WORDS, Template
from policy.model import Policy

MOST_COLUMNS = 500
WIDEST = 10_000
"""Characters of a line at fixed positions (hotlists.blocks.LONGEST)."""
_REPEATABLE = ("", "REASON")
"""A REASON may come in several columns (a reason and a note); any other word once."""
_CHOICES: dict[str, tuple[str, ...]] = {
    name: get_args(hint)
    for name, hint in get_type_hints(Template).items()
    if get_origin(hint) is Literal
}


def read(text: bytes, filename: str, policy: Policy | None = None) -> Template:
    """The template in a file; TOML when its name ends in .toml. Raises BadInput and Prohibited."""
    try:
        if filename.lower().endswith(".toml"):
            given: Any = tomllib.loads(text.decode())
        else:
            given = msgspec.json.decode(text)
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as bad:
        field = f"template {filename}"
        raise BadInput(field, f"cannot be read: {bad}") from bad
    return checked(given, policy)


def written(template: Template) -> bytes:
    """The template as JSON for a file, without what is as by default; `read` takes it."""
    given = msgspec.to_builtins(template)
    usual = msgspec.to_builtins(Template(name=""))
    said = {k: v for k, v in given.items() if k == "name" or v != usual[k]}
    return msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n"


def checked(given: Any, policy: Policy | None = None) -> Template:
    """A template from what a file or a source's settings say. Raises BadInput, naming the field,
    and Prohibited for a category of what is never held."""
    if not isinstance(given, Mapping):
        raise BadInput("template", "must be a table of fields, such as name and columns")
    for field in given:
        if field not in Template.__struct_fields__:
            raise BadInput("template", no_such("field", str(field), Template.__struct_fields__))
    for field, choices in _CHOICES.items():
        if field in given and given[field] not in choices:
            where = f"template.{field}"
            raise BadInput(where, no_such("value", str(given[field]), choices))
    try:
        template = msgspec.convert(given, Template)
    except msgspec.ValidationError as bad:
        raise BadInput("template", str(bad)) from bad
    return check(template, policy)


def check(template: Template, policy: Policy | None = None) -> Template:
    """The template itself, when it makes sense. Raises as `checked`."""
    for where, words in (
        ("template.columns", template.columns),
        ("template.defaults", tuple(template.defaults)),
    ):
        for word in words:
            if word and word not in WORDS:
                raise BadInput(where, no_such("column", word, WORDS))
    twice = {w for w in template.columns if template.columns.count(w) > 1} - set(_REPEATABLE)
    if twice:
        raise BadInput("template.columns", f'{min(twice)} stands twice; leave one of them ""')
    if len(template.columns) > MOST_COLUMNS:
        raise BadInput("template.columns", f"more than {MOST_COLUMNS} columns; no list has them")
    if template.columns and "LIC" not in template.columns:
        raise BadInput("template.columns", "no LIC: which column is the plate")
    if not template.columns and not template.header:
        raise BadInput("template.columns", "without a header the columns must be named here")
    _check_split(template)
    for word, ours in template.wildcards.items():
        if len(word) != 1 or word.isalnum() or ours not in ("?", "*"):
            problem = 'each is one sign to "?" (one character) or "*" (any run)'
            raise BadInput("template.wildcards", problem)
    for word, action in template.actions.items():
        if action not in ("add", "remove"):
            problem = f"{no_such('action', action, ('add', 'remove'))} (for {word[:40]!r})"
            raise BadInput("template.actions", problem)
    CategoryRules(template, policy)
    return template


def _check_split(template: Template) -> None:
    if template.delimiter:
        if template.positions:
            problem = 'give a delimiter or positions, not both ("delimiter" "" with positions)'
            raise BadInput("template.positions", problem)
        delimiter = template.delimiter
        if len(delimiter) != 1 or delimiter in '"\r\n' or delimiter.isalnum():
            raise BadInput("template.delimiter", "must be one character such as , ; | or a tab")
        return
    if not template.columns or len(template.positions) != len(template.columns):
        problem = "without a delimiter each column needs a start and an end"
        raise BadInput("template.positions", problem)
    for start, end in template.positions:
        if not 0 <= start < end <= WIDEST:
            problem = f"{start} to {end} is no column: count characters from 0"
            raise BadInput("template.positions", problem)
