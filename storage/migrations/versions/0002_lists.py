"""Lists that are cared for: live changes, what holds an alert, originals, arrivals, confirmations.

Chunks of the first format are rewritten, so that every list in force stays in force.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import Any

import msgspec
import sqlalchemy as sa
import zstandard
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GENERATIONS = """
alter table hotlist_sources add column remembered text not null default '';
comment on column hotlist_sources.remembered is 'what the source left behind at its last refresh';
update hotlist_sources set kind = 'table' where kind = 'ncic_csv';
alter table generations
    add column unknown jsonb not null default '{}',
    add column codes jsonb not null default '{}',
    add column columns jsonb not null default '[]',
    add column newest text not null default '',
    add column rules text not null default '',
    add column waiting integer not null default 0,
    add column keys bytea,
    add column dead bytea,
    add column original_bytes bigint not null default 0,
    add column accepted_by text not null default '',
    add column accepted_because text not null default '';
alter table generations alter column keys set storage external;
comment on column generations.keys is
    'first halves of the ids of its entries, sorted (little-endian uint64)';
comment on column generations.dead is 'positions (uint32) of rows that a later row replaced';
create index generations_sha256 on generations (source, sha256);
create table generation_originals (
    generation bigint not null references generations on delete cascade,
    n integer not null,
    data bytea not null,
    primary key (generation, n)
);
alter table generation_originals alter column data set storage external;
create table arrivals (
    source uuid primary key references hotlist_sources,
    checked_at timestamptz,
    changed_at timestamptz,
    etag text not null default '',
    problem text not null default '',
    running_since timestamptz,
    running_by text not null default '',
    rows integer not null default 0
);
comment on table arrivals is 'how the last look for a new file went, and how far a refresh is';
"""

CHANGES = """
create table change_heads (
    agency text primary key references agencies,
    last bigint not null default 0
);
create table live_entries (
    entry uuid primary key,
    agency text not null references agencies,
    source uuid not null references hotlist_sources,
    number bigint not null,
    op text not null check (op in ('add', 'withdraw', 'gone')),
    body jsonb not null,
    at timestamptz not null,
    by text not null,
    reason text not null default '',
    until timestamptz,
    held_by integer
);
comment on table live_entries is
    'the last word on an entry that was changed between refreshes; number is its place in changes';
comment on column live_entries.until is 'until when a withdrawal stands against the source''s file';
comment on column live_entries.held_by is 'the newest generation that still holds it';
create unique index live_entries_number on live_entries (agency, number);
create table changes (
    agency text not null references agencies,
    number bigint not null,
    at timestamptz not null,
    op text not null,
    entry uuid not null,
    source uuid not null,
    by text not null,
    reason text not null default '',
    primary key (agency, number)
);
create table local_entries (
    id uuid primary key,
    agency text not null references agencies,
    state text not null check (state in ('waiting', 'in force', 'refused', 'withdrawn', 'expired')),
    body jsonb not null,
    category text not null,
    case_number text not null,
    reason text not null,
    made_by uuid not null references people,
    made_at timestamptz not null,
    decided_by uuid references people,
    decided_at timestamptz,
    decision text not null default '',
    expires_at timestamptz not null
);
create index local_entries_open on local_entries (agency, state, expires_at);
create table confirmations (
    id uuid primary key,
    agency text not null references agencies,
    source uuid not null references hotlist_sources,
    state text not null check (state in ('waiting', 'confirmed', 'dismissed', 'ended')),
    body jsonb not null,
    found_at timestamptz not null,
    decided_by uuid references people,
    decided_at timestamptz,
    decision text not null default ''
);
comment on table confirmations is 'records of a source that a person must read before they count';
create index confirmations_open on confirmations (agency, state);
"""

ALERTS = """
alter table alerts rename column entry to target;
comment on column alerts.target is 'the wanted vehicle: a plate and state, whichever lists hold it';
alter table sightings rename column entry to target;
create table alert_holders (
    alert uuid not null references alerts,
    entry uuid not null,
    agency text not null,
    source uuid not null,
    source_name text not null,
    category text not null,
    priority integer not null,
    generation integer not null,
    change bigint not null default 0,
    held_since timestamptz not null,
    ends_at timestamptz,
    gone_at timestamptz,
    gone_because text not null default '',
    primary key (alert, entry)
);
comment on table alert_holders is 'the entries, of whichever lists, that an alert rests on';
create index alert_holders_source on alert_holders (source) where gone_at is null;
create index alert_holders_entry on alert_holders (entry);
"""


class _Old(msgspec.Struct, array_like=True):
    fields: tuple[str, ...]
    plates: bytes
    ends: bytes
    rows: bytes


TEXTS = (
    "category", "plate", "plate_raw", "state", "plate_year", "plate_type", "vin", "year", "make",
    "model", "style", "color", "ori", "nic", "oca", "mke", "caution", "entered", "expires_on",
)  # fmt: skip


def upgrade() -> None:
    for part in (GENERATIONS, CHANGES, ALERTS):
        op.execute(part)
    conn = op.get_bind()
    for generation, n in conn.execute(
        sa.text("select generation, n from generation_chunks order by generation, n")
    ).fetchall():
        where = {"g": generation, "n": n}
        (data,) = conn.execute(
            sa.text("select data from generation_chunks where generation = :g and n = :n"), where
        ).one()
        rewritten = _rewritten(bytes(data))
        if rewritten is not None:  # else it is damaged already, and workers will say so
            conn.execute(
                sa.text(
                    "update generation_chunks set data = :data where generation = :g and n = :n"
                ),
                {**where, "data": rewritten},
            )
    # Their keys stay null: from now on an id is made of more than the NIC, so a comparison by keys
    # with the next generation would find strangers only.


def _rewritten(data: bytes) -> bytes | None:
    """A chunk of the first format in the second; None for what is none."""
    if hashlib.sha256(data[32:]).digest() != data[:32]:
        return None
    old = msgspec.msgpack.decode(zlib.decompress(data[32:]), type=_Old)
    ends = struct.unpack(f"<{len(old.ends) // 4}I", old.ends)
    ids, lines, start = b"", [], 0
    for end in ends:
        values: list[Any] = msgspec.msgpack.decode(old.rows[start:end])
        start = end
        entry = dict(zip(old.fields, values, strict=True))
        ids += bytes.fromhex(str(entry["entry_id"]).replace("-", ""))
        texts = (str(entry.get(name) or "") for name in TEXTS)
        lines.append("\t".join(" ".join(text.split()) for text in texts))
    body = msgspec.msgpack.encode([TEXTS, {}, ids, old.plates, ("\n".join(lines) + "\n").encode()])
    packed = zstandard.ZstdCompressor(level=1).compress(body)
    return b"BHL2" + hashlib.sha256(packed).digest() + packed
