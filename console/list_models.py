"""What the pages and the API of lists answer with: the same models.

Times are aware UTC. A list's plates stand in `changes` and in a comparison's first entries alone,
and both are empty for who may not search the lists.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from console.models import Shown
from hotlists.staleness import Grade


class RunningShown(Shown):
    """A refresh under way: how many rows it has seen, since when, by whom."""

    since: datetime
    by: str
    rows: int


class ListShown(Shown):
    """One list as it stands. `generation` None: none is in force. `refused` counts the generations
    in quarantine since the good one, `waiting` records that a person must read."""

    id: UUID
    name: str
    kind: str
    comes: str
    fetched: bool
    generation: int | None
    entries: int
    refreshed_at: datetime | None
    age_seconds: int | None
    limit_seconds: int
    grade: Grade
    stale: bool
    age: str
    limit: str
    checked_at: datetime | None
    next_look: datetime | None
    scheduled: bool
    problem: str
    running: RunningShown | None
    quarantined: tuple[int, ...]
    refused: int
    waiting: int

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody should look: too old, refused, not found, to be read."""
        return self.stale or bool(self.quarantined or self.problem or self.waiting)


class ListsShown(Shown):
    """Every list of the agency but the one made by hand: who needs a person first, then by name."""

    now: datetime
    lists: tuple[ListShown, ...]


class FindingShown(Shown):
    """A guard's objection. `final`: nobody can accept it."""

    guard: str
    sentence: str
    final: bool


class Counted(Shown):
    """A reason or a key, and how many rows."""

    what: str
    rows: int


class GenerationShown(Shown):
    """One generation. `prohibited` is a count: those rows were dropped before they were stored."""

    number: int
    state: Literal["active", "quarantined", "superseded"]
    at: datetime
    rows: int
    entries: int
    rejected: tuple[Counted, ...]
    rejected_rows: int
    prohibited: int
    unknown: tuple[Counted, ...]
    waiting: int
    twins: tuple[str, ...]
    """How many entries have look-alike twins, in words."""
    newest: str
    findings: tuple[FindingShown, ...]
    asked_by: str
    accepted_by: str
    accepted_because: str
    kept: bool
    """Whether its entries are still held: only then can anybody go back to it."""

    @property
    def final(self) -> bool:
        """Whether there is nothing in it that a person could accept."""
        return any(finding.final for finding in self.findings)


class ChangeShown(Shown):
    """What was added or withdrawn between refreshes and still counts."""

    entry: UUID
    added: bool
    plate: str
    state: str
    category: str
    vehicle: str
    at: datetime
    by: str
    reason: str
    until: datetime | None
    held_by: int | None


class DiffLine(Shown):
    """An entry in a comparison, in one line; of a changed one, what is different."""

    what: Literal["added", "removed", "changed"]
    plate: str
    said: str


class DiffShown(Shown):
    """From generation `before` to `after`. `first` has some entries of each kind, unless the viewer
    may not search the lists: then it is `hidden`."""

    before: int
    after: int
    added: int
    removed: int
    changed: int
    same: int
    first: tuple[DiffLine, ...]
    hidden: bool


class OneList(Shown):
    """A list with its life."""

    now: datetime
    list: ListShown
    settings: tuple[str, ...]
    template: str
    generations: tuple[GenerationShown, ...]
    changes: tuple[ChangeShown, ...]
    changes_count: int
    older: bool
    """Whether there are generations beyond those shown."""


class Outcome(Shown):
    """What came of a file: `sentences` are for a person, the most important first."""

    outcome: Literal["active", "unchanged", "quarantined"]
    generation: int
    rows: int
    entries: int
    sentences: tuple[str, ...]


class Done(Shown):
    """What was done, in a sentence."""

    said: str
