"""`bolo cameras try`: what bolo would make of a camera's message, from a file."""

from __future__ import annotations

import json
import sys
from zoneinfo import ZoneInfo

import typer

from bolo.bounded_file import read_file
from cameras.trying import Trial, iso, tried
from domain.clock import system_clock
from domain.errors import BadInput
from domain.vehicle import Guess

LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is read; the intake takes 16 MB unless it is set otherwise."""


def try_file(file: str, content_type: str, zone: str, *, as_json: bool) -> int:
    """Print what came of it; the exit code: 0 when a format recognizes it."""
    if zone:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            return _refuse(f"--zone: {zone} is no IANA time zone, for example America/Chicago")
    try:
        body = read_file(file, LARGEST)
    except BadInput as wrong:
        return _refuse(f"{file} {wrong.problem}")
    trial = tried(body, content_type, zone=zone, now=system_clock())
    if as_json:
        print(json.dumps(trial.plain(), indent=2))
    else:
        lines = "\n".join(told(trial))
        said = sys.stdout.encoding or "utf-8"  # a camera's words may not fit this terminal
        print(lines.encode(said, "replace").decode(said))
    return 0 if trial.vendor else 1


def _refuse(problem: str) -> int:
    typer.echo(f"bolo: {problem}", err=True)
    return 1


def told(trial: Trial) -> list[str]:
    """The report as lines for a person."""
    lines = [f"recognized   {trial.title} ({trial.vendor})"] if trial.vendor else []
    for read, said in trial.reads:
        lines += ["", f"read         {read.plate}{_sure(read.confidence)}"]
        if read.plate_raw != read.plate:
            lines.append(f"  as sent    {read.plate_raw}")
        if read.state:
            lines.append(f"  state      {read.state}{_sure(read.state_confidence)}")
        lines.append(f"  time       {iso(read.seen_at)}")
        lines.append(f"  camera     {read.camera}")
        if read.candidates:
            lines.append(f"  or         {_list(read.candidates)}")
        if read.character_confidences:
            pairs = zip(read.plate, read.character_confidences, strict=True)
            lines.append("  characters " + " ".join(f"{c} {n:.0%}" for c, n in pairs))
        if read.vehicle is not None:
            for name in ("color", "make", "model", "body", "year", "plate_type"):
                if guesses := getattr(read.vehicle, name):
                    lines.append(f"  {name:<10} {_list(guesses)}")
        if read.place.latitude is not None:
            lines.append(f"  place      {read.place.latitude}, {read.place.longitude}")
        lines += [f"  picture    {one.kind}, {len(one.data)} bytes" for one in said.images]
    if trial.reads:
        lines.append("")
    if trial.without_plate:
        lines.append(f"no plate     {trial.without_plate}")
    lines += [f"ignored      {words}" for words in trial.ignored]
    for beat in trial.health:
        lines.append(f"health       {beat.camera}: {beat.problem or 'all is well'}")
    lines += [f"note         {words}" for words in trial.notes]
    if trial.problem is not None:
        where = trial.problem.field or "body"
        lines.append(
            f"{'failed' if trial.vendor else 'not known':<12} {where}: {trial.problem.problem}"
        )
    lines += [f"hint         {words}" for words in trial.resembles]
    return lines


def _sure(confidence: float | None) -> str:
    return "" if confidence is None else f"  {confidence:.0%}"


def _list(guesses: tuple[Guess, ...]) -> str:
    return ", ".join(f"{one.value}{_sure(one.confidence)}" for one in guesses)
