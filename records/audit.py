"""Verification of the audit trail: every chain recomputed from its first row.

What a chain by itself proves, and what it cannot, is in docs/decisions/0003-audit-chains.md.
In short: whoever rewrites a whole chain and its head leaves it sound; only a report that somebody
kept elsewhere shows it. So keep the reports, and verify `against` the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from records.heads import Head, read_heads
from records.store import audit_heads, audit_rows, audit_snapshot, row_values
from storage.audit import GENESIS, LANES, row_hash
from storage.postgres import Database, Row

MOST_PROBLEMS = 1000
"""Problems kept; a table in ruins must not fill the memory. `problem_count` counts them all."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, at row `seq` of chain `lane`. `what` is a sentence."""

    lane: int
    seq: int
    what: str


@dataclass(frozen=True)
class AuditReport:
    """What a verification found. `heads` is JSON-able: keep it, and verify against it later."""

    rows: int
    problem_count: int
    problems: list[Problem]
    heads: dict[str, Head]

    @property
    def ok(self) -> bool:
        """Whether every chain is whole, and holds what the earlier report saw."""
        return self.problem_count == 0

    def as_json(self) -> dict[str, Any]:
        """The report as builtins: keep it as a file, and verify against its `heads` later."""
        return {
            "ok": self.ok,
            "rows": self.rows,
            "problem_count": self.problem_count,
            "problems": [asdict(problem) for problem in self.problems],
            "heads": self.heads,
        }


@dataclass
class _Walk:
    """Where the walk over the rows stands."""

    heads: Mapping[int, tuple[int, bytes]]
    against: Mapping[int, Head]
    rows: int = 0
    count: int = 0
    problems: list[Problem] = field(default_factory=list)
    lane: int | None = None
    seq: int = 0
    hash: bytes = GENESIS
    walked: set[int] = field(default_factory=set)

    def say(self, lane: int, seq: int, what: str) -> None:
        self.count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(lane, seq, what))

    def row(self, row: Row) -> None:
        lane, seq, stored = row["lane"], row["seq"], bytes(row["hash"])
        if lane != self.lane:
            self.end_lane()
            self.lane, self.seq, self.hash = lane, 0, GENESIS
            self.walked.add(lane)
        self.rows += 1
        before = bytes(row["previous"])
        if row_hash(before, *row_values(row)) != stored:
            self.say(lane, seq, "was changed: its content does not give its hash")
        if seq == self.seq + 1:
            if before != self.hash:
                self.say(
                    lane,
                    seq,
                    "does not follow the row before it: one of the two was replaced, inserted"
                    " or swapped",
                )
        elif seq <= self.seq:
            self.say(lane, seq, "was inserted: the chain had a row with this number")
        else:
            self.missing(lane, self.seq + 1, seq - 1, "removed from the chain")
        earlier = self.against.get(lane)
        if earlier and earlier["seq"] == seq and earlier["hash"] != stored.hex():
            self.say(
                lane,
                seq,
                "is not the row that the earlier report saw: the chain was rewritten up to here",
            )
        self.seq, self.hash = seq, stored

    def missing(self, lane: int, first: int, last: int, how: str) -> None:
        rows = f"row {first} is" if first == last else f"rows {first} to {last} are"
        self.say(lane, first, f"{rows} missing: {how}")

    def end_lane(self) -> None:
        """Compare the end of the lane just walked with its head and with the earlier report."""
        if self.lane is None:
            return
        lane, seq = self.lane, self.seq
        head = self.heads.get(lane)
        if head is None:
            self.say(lane, seq, "the head of this chain is missing from audit_heads")
        elif head[0] > seq:
            self.missing(lane, seq + 1, head[0], "removed from the end of the chain")
        elif head[0] < seq:
            self.say(lane, head[0] + 1, f"inserted at the end: the head says {head[0]} rows")
        elif head[1] != self.hash:
            self.say(lane, seq, "is not the row that the head of the chain names")
        earlier = self.against.get(lane)
        if earlier and earlier["seq"] > seq:
            self.missing(lane, seq + 1, earlier["seq"], "the earlier report saw them")

    def end(self) -> None:
        """The last lane, and those of which no row is left."""
        self.end_lane()
        for lane in sorted({*range(LANES), *self.heads, *self.against} - self.walked):
            self.lane, self.seq, self.hash = lane, 0, GENESIS
            self.end_lane()


async def verify(db: Database, against: Mapping[str, Any] | None = None) -> AuditReport:
    """Recompute every chain as of one moment, while others go on appending.

    `against` is the `heads` of an earlier report: what it saw must still be there. Raises BadInput
    when it is anything else. Memory is bounded, whatever the length of the trail.
    """
    earlier = {} if against is None else read_heads(against)
    async with audit_snapshot(db) as conn:
        walk = _Walk(await audit_heads(conn), earlier)
        async for row in audit_rows(conn):
            walk.row(row)
        walk.end()
    heads: dict[str, Head] = {
        str(lane): {"seq": seq, "hash": last.hex()}
        for lane, (seq, last) in walk.heads.items()
        if seq
    }
    return AuditReport(walk.rows, walk.count, walk.problems, heads)
