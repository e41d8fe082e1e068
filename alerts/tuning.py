"""Once a day: from what was counted to the thresholds in force, for every agency.

`tune` is called each minute and costs two queries when nothing is due; as many couriers as one
likes may call it. A new budget in the policy counts at the next call, unless a courier lives that
has another one: then each priority keeps the budget that it has until they agree. An agency whose
thresholds cannot be computed keeps the ones it has, and does not keep the others from theirs.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog

from alerts import budget_store, budgeting, score_store
from alerts.budgeting import Setting
from hotlists import store, threshold_store
from hotlists.threshold_store import StoredThreshold
from matchers.tally import PRIORITIES
from matchers.thresholds import STANDARD
from policy.model import AlertBudget
from storage.postgres import AWAY, Connection, Database

log = structlog.get_logger(__name__)

_LOCK = 0x62_75_64_67
"""Of the advisory locks of PostgreSQL: "budg"."""


async def tune(db: Database, budget: AlertBudget, now: datetime) -> int:
    """Compute what is due at `now`. How many thresholds changed. Raises what says "away"."""
    async with db.connection() as conn:
        zones = await store.zones(conn)
        known = {(one.agency, one.priority): one for one in await threshold_store.every(conn)}
        others = await budget_store.others(conn, budget)
    if others and any(budget.of(one.priority) != one.budget for one in known.values()):
        log.error(
            "threshold.policies_differ",
            others=others,
            hint="other couriers run with another [alert_budget]: no budget changes until all"
            " have the same policy file",
        )
    changed = 0
    for agency, zone in sorted(zones.items()):
        try:
            today = score_store.day_of(now, zone)
            mine = {p: known.get((agency, p)) for p in _priorities()}
            if any(_due(last, budget.of(p), today, not others) for p, last in mine.items()):
                async with db.transaction() as conn:
                    changed += await _tune_one(conn, agency, budget, today, now)
        except AWAY:
            raise
        except Exception as wrong:
            log.error("threshold.not_set", agency=agency, problem=type(wrong).__name__)
    return changed


async def _tune_one(
    conn: Connection, agency: str, budget: AlertBudget, today: date, now: datetime
) -> int:
    await conn.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", (_LOCK, agency))
    known = await threshold_store.of_agency(conn, agency)  # another courier may have been here
    alone = not await budget_store.others(conn, budget)
    await score_store.forget(conn, agency, today - timedelta(days=score_store.KEPT_DAYS))
    found = await score_store.measured(conn, agency, today)
    changed = 0
    for priority in _priorities():
        last, most = known.get(priority), budget.of(priority)
        if not _due(last, most, today, alone):
            continue
        before = _setting(last) if last else None
        choice = budgeting.choose(found, priority, most, before, today)
        old = last.threshold if last else STANDARD
        new = StoredThreshold(
            agency=agency,
            priority=priority,
            threshold=choice.threshold,
            budget=most,
            looked_on=today,
            since=now,
            why=choice.why,
        )
        await threshold_store.put(conn, new, before=old, now=now)
        if choice.threshold != old:
            changed += 1
            log.info(
                "threshold.set",
                agency=agency,
                priority=priority,
                before=old,
                threshold=choice.threshold,
                why=choice.why,
            )
    return changed


def _due(last: StoredThreshold | None, budget: float, today: date, alone: bool) -> bool:
    """`alone`: no courier has another budget, so one that is new is the policy's."""
    if last is not None and last.budget != budget:
        return alone
    return last is None or not _setting(last).is_of(today)


def _setting(one: StoredThreshold) -> Setting:
    return Setting(one.threshold, one.budget, one.looked_on)


def _priorities() -> range:
    return range(1, PRIORITIES + 1)
