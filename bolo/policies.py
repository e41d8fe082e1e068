"""`bolo policy`: what a policy says, what it does to an entry, and the presets there are.

Needs no database and no other setting. Exit 1 when the policy is wrong or contradicts itself; the
lines are then on standard error, or with --json in the object.
"""

from __future__ import annotations

import json as json_module
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bolo.policy_file import LARGEST, configured_name, named
from domain.clock import system_clock
from domain.errors import BadInput, BoloError, PolicyError
from policy import sentences
from policy.explaining import explain
from policy.loading import preset, presets

app = typer.Typer(no_args_is_help=True, help="The agency's policy: check it, ask it.")

Json = Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")]
_NEXT = re.compile(r"[,\n]\s*(?=[A-Za-z_]+\s*=)")


@app.command("check")
def check(
    policy: Annotated[
        str, typer.Argument(help="A TOML file or a preset; without it the one BOLO_POLICY names.")
    ] = "",
    json: Json = False,
) -> None:
    """Explain a policy in sentences, and find what is wrong with it.

    \b
    Example: bolo policy check
    Example: bolo policy check policy.toml
    Example: bolo policy check virginia --json

    Exit 1 when it contradicts itself, its preset's law, or what is prohibited: the lines are shown.
    """

    def work() -> dict[str, Any]:
        name = policy or configured_name()
        found = named(name)
        groups = [{"heading": h, "sentences": s} for h, s in sentences.groups(found)]
        if not json:
            print("\n".join(sentences.check(found)))
        return {
            "ok": True,
            "from": name,
            "name": found.name,
            "state": found.state,
            "preset": found.preset,
            "sources": list(found.sources),
            "left_open": list(found.left_open),
            "groups": groups,
        }

    _run(work, as_json=json)


@app.command("explain")
def explain_entry(
    entry: Annotated[
        str,
        typer.Argument(
            help="LIC=...,MKE=... pairs, a JSON object, @FILE with either, - for stdin."
        ),
    ],
    policy: Annotated[
        str, typer.Option(help="A TOML file or a preset instead of the one BOLO_POLICY names.")
    ] = "",
    json: Json = False,
) -> None:
    """Tell what happens to an entry and why; every sentence names the line that says so.

    \b
    Example: bolo policy explain "LIC=482KTB,LIS=KS,MKE=EV-P"
    Example: bolo policy explain '{"category": "local", "pattern": "48?K*", "reason": "robbery"}'
    Example: bolo policy explain @entry.json --policy virginia
    """

    def work() -> dict[str, Any]:
        name = policy or configured_name()
        today = system_clock().astimezone().date()
        said = explain(named(name), _entry(entry), today=today)
        if not json:
            print("\n".join(said))
        return {"ok": True, "from": name, "sentences": said}

    _run(work, as_json=json)


@app.command("presets")
def list_presets(json: Json = False) -> None:
    """List the presets, with the law or order behind each.

    Example: bolo policy presets
    """

    def work() -> dict[str, Any]:
        rows = []
        for name in presets():
            one = preset(name)
            rows.append(
                {
                    "preset": name,
                    "name": one.name,
                    "state": one.state,
                    "sources": list(one.sources),
                    "left_open": list(one.left_open),
                }
            )
            if not json:
                print(f"{name:15} {one.name}")
                for source in one.sources:
                    print(f"{'':15} {source}")
        return {"ok": True, "presets": rows}

    _run(work, as_json=json)


def _run(work: Callable[[], dict[str, Any]], *, as_json: bool) -> None:
    """Print the answer as JSON where asked; an error of ours is clear lines and exit 1."""
    try:
        answer = work()
    except BoloError as wrong:
        if as_json:
            print(json_module.dumps({"ok": False, "problems": _problems(wrong)}, indent=2))
        else:
            typer.echo(f"bolo: {wrong}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        print(json_module.dumps(answer, indent=2, ensure_ascii=False))


def _problems(wrong: BoloError) -> list[dict[str, Any]]:
    if not isinstance(wrong, PolicyError):
        return [{"sentence": str(wrong), "lines": []}]
    return [
        {
            "sentence": problem.sentence,
            "lines": [
                {"file": where, "line": line, "text": text} for where, line, text in problem.places
            ],
        }
        for problem in wrong.problems
    ]


def _entry(said: str) -> dict[str, object]:
    """An entry as the command line has it. Raises BadInput, saying which forms there are."""
    if said == "-":
        said = sys.stdin.read(LARGEST)
    elif said.startswith("@"):
        try:
            with Path(said[1:]).open(encoding="utf-8") as opened:
                said = opened.read(LARGEST)
        except (OSError, UnicodeDecodeError) as wrong:
            raise BadInput("ENTRY", f"{said[1:]} cannot be read: {wrong}") from None
    said = said.strip()
    if said.startswith("{"):
        try:
            found = json_module.loads(said)
        except (json_module.JSONDecodeError, RecursionError) as wrong:
            raise BadInput("ENTRY", f"is no JSON object: {wrong}") from None
        return {str(key): value for key, value in found.items()}
    pairs = [pair.partition("=") for pair in _NEXT.split(said) if pair.strip()]
    if not pairs or not all(sign for _, sign, _ in pairs):
        problem = 'write pairs such as "LIC=482KTB,LIS=KS,MKE=EV", or a JSON object'
        raise BadInput("ENTRY", problem)
    return {key.strip(): value.strip() for key, _, value in pairs}
