"""Migrations: from empty, and from each earlier revision while it holds data.

A new revision needs rows here for the one before it (HOLDING), so that it is tested on what an
installation really has.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.script import ScriptDirectory

from storage import migrate as migrations
from storage.audit import LANES
from storage.migrate import current, heads, migrate

HOLDING = {
    "0001": """
insert into agencies (ori, name) values ('KS0190100', 'Pittsburg'), ('KS0500200', 'Parsons');
insert into people (id, agency, login, name, role, password_hash) values
    ('00000000-0000-4000-8000-000000000001', 'KS0190100', 'dana', 'Dana', 'dispatcher', 'x');
insert into cameras (agency, id, name) values ('KS0190100', 'north-1', 'North');
insert into intake_tokens (token_hash, agency, camera, label)
    values ('\\x01', 'KS0190100', 'north-1', 'first');
insert into hotlist_sources (id, agency, name, kind)
    values ('00000000-0000-4000-8000-000000000002', 'KS0190100', 'state', 'csv');
insert into generations (source, number, state, sha256, entries, rows, refreshed_at, requested_by)
    values ('00000000-0000-4000-8000-000000000002', 1, 'active', '\\x02', 1, 1, now(), 'test');
insert into generation_chunks (generation, n, data) select id, 0, '\\x03' from generations;
insert into alerts (id, agency, entry, number, code, state, version, priority, category,
        raised_at, state_since, match, first_seen_at, last_seen_at)
    values ('00000000-0000-4000-8000-000000000003', 'KS0190100',
        '00000000-0000-4000-8000-000000000004', '2026-1', 'AAAA', 'raised', 1, 1, 'stolen',
        now(), now(), '{}', now(), now());
insert into sightings (entry, read, alert, agency, seen_at, match)
    select entry, '00000000-0000-4000-8000-000000000005', id, agency, now(), '{}' from alerts;
insert into alert_history (alert, version, at, event) select id, 1, now(), 'raised' from alerts;
insert into events_out (id, agency, alert, type, body, created_at)
    select '00000000-0000-4000-8000-000000000006', agency, id, 'raised', '{}', now() from alerts;
insert into recipients (id, agency, name, kind, channel, address)
    values ('00000000-0000-4000-8000-000000000007', 'KS0190100', 'Desk', 'dispatch', 'sms',
        '+16205550100');
insert into deliveries (id, agency, alert, event, recipient, channel, state, created_at)
    select '00000000-0000-4000-8000-000000000008', agency, alert, id,
        '00000000-0000-4000-8000-000000000007', 'sms', 'waiting', now() from events_out;
insert into audit (lane, seq, at, agency, actor, action, subject, reason, detail, previous, hash)
    values (0, 1, now(), 'KS0190100', 'test', 'alert.raised', 'alert:3', '', '{}',
        '\\x00', '\\x04');
update audit_heads set seq = 1, hash = '\\x04' where lane = 0;
""",
}

HOLDING["0002"] = (
    HOLDING["0001"]
    .replace("alerts (id, agency, entry,", "alerts (id, agency, target,")
    .replace("sightings (entry,", "sightings (target,")
    .replace(
        "select entry, '00000000-0000-4000-8000-000000000005'", "select target, gen_random_uuid()"
    )
    + """
insert into generation_originals (generation, n, data) select id, 0, '\\x05' from generations;
insert into arrivals (source, checked_at) select id, now() from hotlist_sources;
insert into change_heads (agency, last) values ('KS0190100', 1);
insert into live_entries (entry, agency, source, number, op, body, at, by)
    select '00000000-0000-4000-8000-000000000009', agency, id, 1, 'add', '{}', now(), 'test'
    from hotlist_sources;
insert into changes (agency, number, at, op, entry, source, by)
    select agency, number, at, op, entry, source, by from live_entries;
insert into local_entries (id, agency, state, body, category, case_number, reason, made_by,
        made_at, expires_at)
    select '00000000-0000-4000-8000-00000000000a', agency, 'waiting', '{}', 'stolen', '26-1', 'x',
        id, now(), now() from people;
insert into confirmations (id, agency, source, state, body, found_at)
    select '00000000-0000-4000-8000-00000000000b', agency, id, 'waiting', '{}', now()
    from hotlist_sources;
insert into alert_holders (alert, entry, agency, source, source_name, category, priority,
        generation, held_since)
    select a.id, '00000000-0000-4000-8000-000000000004', a.agency, s.id, s.name, a.category, 1, 1,
        now() from alerts a, hotlist_sources s;
"""
)

HOLDING["0003"] = (
    HOLDING["0002"]
    + """
insert into camera_health (agency, camera, updated_at) values ('KS0190100', 'north-1', now());
"""
)

HOLDING["0004"] = (
    HOLDING["0003"]
    + """
insert into agreements (id, agency, direction, neighbour, ori, state, federal, categories, purposes,
        reason, approved_by, made_by, made_at, valid_until, token_hash)
    select '00000000-0000-4000-8000-00000000000c', agency, 'give', 'Joplin', 'MO0490100', 'MO',
        false, '{stolen-vehicle}', '{stolen-vehicles}', 'x', id, 'test', now(),
        now() + interval '30 days', '\\x06' from people;
"""
)

HOLDING["0005"] = (
    HOLDING["0004"]
    + """
insert into score_reads (agency, day, reads) values ('KS0190100', '2026-11-20', 21000);
insert into score_counts (agency, day, priority, bin, count)
    values ('KS0190100', '2026-11-20', 2, 33, 7);
insert into thresholds (agency, priority, threshold, budget, looked_on, since, why)
    values ('KS0190100', 2, 1.25, 5, '2026-11-21', now(), 'x');
"""
)

HOLDING["0006"] = (
    HOLDING["0005"]
    + """
insert into learned_heads (agency, markers, cameras) values ('KS0190100', 3, 1);
insert into misread_markers (id, agency, target, reading, alert, rejected_by, rejected_at,
        expires_at)
    select '00000000-0000-4000-8000-00000000000d', a.agency, a.target, '8BC123', a.id, p.id, now(),
        now() + interval '90 days' from alerts a, people p;
insert into camera_hits (alert, agency, camera, at, verdict)
    select id, agency, 'north-1', now(), 'misread' from alerts;
insert into camera_resets (agency, camera, at, by, reason)
    values ('KS0190100', 'north-1', now() - interval '1 day', 'cli:ops', 'cleaned');
"""
)

HOLDING["0007"] = (
    HOLDING["0006"]
    + """
update alerts set needed = 2, confirmations = jsonb_build_array(jsonb_build_object('by',
        '00000000-0000-4000-8000-000000000001', 'at', now(), 'source', 'x', 'reference', 'y')),
    looks = '[]';
"""
)

HOLDING["0008"] = (
    HOLDING["0007"]
    + """
update generations set twins = '{"here": 2, "elsewhere": 0, "road": 1}', plates = '\\x0700';
"""
)

HOLDING["0009"] = (
    HOLDING["0008"]
    + """
insert into traffic_counts (agency, day, state, reads)
    values ('KS0190100', '2026-11-20', 'KS', 14000);
insert into traffic_resets (agency, at, by, reason)
    values ('KS0190100', now() - interval '9 days', 'cli:ops', 'another list');
update learned_heads set traffic = 1;
"""
)

SHAPE = """
select table_name, column_name, data_type, is_nullable, column_default
from information_schema.columns where table_schema = 'public' order by 1, 2
"""
RULES = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2
"""
INDEXES = "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1"


def chain() -> list[str]:
    """Every revision, oldest first."""
    script = ScriptDirectory.from_config(migrations._config())
    return [revision.revision for revision in script.walk_revisions()][::-1]


def everything(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as conn:
        return list(conn.execute(query.encode()))


def counts(url: str) -> dict[str, int]:
    """Rows of each table of ours that has any."""
    found = {}
    with psycopg.connect(url) as conn:
        for (table,) in conn.execute(
            "select tablename from pg_tables where schemaname = 'public' order by 1"
        ).fetchall():
            row = conn.execute(f'select count(*) from "{table}"'.encode()).fetchone()
            if row and row[0] and not table.startswith("pgqueuer") and table != "alembic_version":
                found[table] = row[0]
    return found


def test_from_empty_to_the_newest(empty_database_url: str) -> None:
    assert current(empty_database_url) is None
    migrate(empty_database_url)
    assert current(empty_database_url) == heads() == chain()[-1]
    assert counts(empty_database_url) == {"audit_heads": LANES}


def test_each_revision_but_the_first_has_one_before_it_that_is_tested_with_data() -> None:
    missing = [revision for revision in chain() if revision not in HOLDING]
    assert missing in ([], [chain()[-1]]), f"write rows for {missing} into HOLDING"


@pytest.mark.parametrize("revision", chain()[1:] or chain())
def test_a_revision_keeps_the_data_of_the_one_before(
    empty_database_url: str, revision: str
) -> None:
    known = chain()
    before = known[max(0, known.index(revision) - 1)]
    migrate(empty_database_url, before)
    assert current(empty_database_url) == before
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(HOLDING[before].encode())
    held = counts(empty_database_url)
    assert held["alerts"] == 1
    migrate(empty_database_url, revision)
    migrate(empty_database_url)
    assert current(empty_database_url) == heads()
    after = counts(empty_database_url)
    lost = {table: rows for table, rows in held.items() if after.get(table, 0) < rows}
    assert not lost, f"{revision} lost rows of {lost}"


@pytest.mark.parametrize("question", [SHAPE, RULES, INDEXES], ids=["shape", "rules", "indexes"])
def test_step_by_step_and_all_at_once_give_the_same_database(
    empty_database_url: str, database_url: str, question: str
) -> None:
    for revision in chain():
        migrate(empty_database_url, revision)
    assert everything(empty_database_url, question) == everything(database_url, question)


def test_two_at_once_are_safe(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(migrate, empty_database_url) for _ in range(4)]:
            done.result(timeout=60)
    assert current(empty_database_url) == heads()
    assert counts(empty_database_url) == {"audit_heads": LANES}


def test_migrating_again_changes_nothing(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        conn.execute(HOLDING[[known for known in chain() if known in HOLDING][-1]].encode())
    shape, held = everything(database_url, SHAPE), counts(database_url)
    migrate(database_url)
    assert everything(database_url, SHAPE) == shape
    assert counts(database_url) == held


def test_a_database_that_is_away_is_an_error_and_not_a_wait() -> None:
    with pytest.raises(Exception, match=r"connection failed|does_not_exist|refused|No such file"):
        migrate("postgresql://postgres@/bolo?host=/does_not_exist")
