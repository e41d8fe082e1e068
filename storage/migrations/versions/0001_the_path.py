"""The tables of the path from a read to an acknowledgement.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from alembic import op

from storage.audit import LANES

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PEOPLE = """
create table agencies (
    ori text primary key check (ori ~ '^[A-Z0-9]{9}$'),
    name text not null,
    timezone text not null default 'UTC',
    created_at timestamptz not null default now()
);
create table people (
    id uuid primary key,
    agency text not null references agencies,
    login text not null unique check (login = lower(login)),
    name text not null,
    badge text not null default '',
    role text not null check (role in ('dispatcher', 'officer', 'supervisor', 'admin')),
    password_hash text not null,
    phone text not null default '',
    active boolean not null default true,
    created_at timestamptz not null default now()
);
create unique index people_phone on people (phone) where phone <> '';
create table sessions (
    token_hash bytea primary key,
    person uuid not null references people,
    csrf text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    seen_at timestamptz not null
);
create index sessions_person on sessions (person);
create table login_failures (
    login text not null,
    address text not null,
    at timestamptz not null
);
create index login_failures_login on login_failures (login, at);
"""

CAMERAS = """
create table cameras (
    agency text not null references agencies,
    id text not null,
    name text not null default '',
    latitude double precision,
    longitude double precision,
    heading double precision,
    created_at timestamptz not null default now(),
    primary key (agency, id)
);
create table intake_tokens (
    token_hash bytea primary key,
    agency text not null references agencies,
    camera text,
    label text not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);
comment on column intake_tokens.camera is 'the one camera it is for; null: a gateway of the agency';
"""

HOTLISTS = """
create table hotlist_sources (
    id uuid primary key,
    agency text not null references agencies,
    name text not null,
    kind text not null,
    location text not null default '',
    settings jsonb not null default '{}',
    created_at timestamptz not null default now(),
    unique (agency, name)
);
create table generations (
    id bigint generated always as identity primary key,
    source uuid not null references hotlist_sources,
    number integer not null,
    state text not null check (state in ('active', 'superseded', 'quarantined')),
    sha256 bytea not null,
    entries integer not null,
    rows integer not null,
    rejected jsonb not null default '{}',
    prohibited integer not null default 0,
    reasons jsonb not null default '[]',
    refreshed_at timestamptz not null,
    requested_by text not null,
    unique (source, number)
);
create unique index generations_active on generations (source) where state = 'active';
create table generation_chunks (
    generation bigint not null references generations on delete cascade,
    n integer not null,
    data bytea not null,
    primary key (generation, n)
);
alter table generation_chunks alter column data set storage external;
"""

ALERTS = """
create table alert_numbers (
    agency text not null references agencies,
    year integer not null,
    last integer not null,
    primary key (agency, year)
);
create table alerts (
    id uuid primary key,
    agency text not null references agencies,
    entry uuid not null,
    number text not null,
    code text not null unique,
    state text not null check (state in
        ('raised', 'claimed', 'verified', 'acknowledged', 'rejected', 'recalled', 'closed')),
    version integer not null,
    priority integer not null check (priority between 1 and 4),
    category text not null,
    late boolean not null default false,
    raised_at timestamptz not null,
    state_since timestamptz not null,
    claimed_by uuid references people,
    lease_until timestamptz,
    verified_by uuid references people,
    verified_at timestamptz,
    second_source text not null default '',
    second_reference text not null default '',
    ended_reason text not null default '',
    match jsonb not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    last_place text not null default '',
    sightings integer not null default 1,
    unique (agency, number)
);
comment on column alerts.match is 'the match that opened it: read, entry, evidence, generation';
-- At most one open episode of an entry; a later match attaches to it as a sighting.
create unique index alerts_open on alerts (entry)
    where state in ('raised', 'claimed', 'verified', 'acknowledged');
create index alerts_queue on alerts (agency, priority, raised_at)
    where state in ('raised', 'claimed', 'verified', 'acknowledged');
create index alerts_recent on alerts (agency, raised_at desc);
create table sightings (
    entry uuid not null,
    read uuid not null,
    alert uuid not null references alerts,
    agency text not null,
    seen_at timestamptz not null,
    match jsonb not null,
    primary key (entry, read)
);
create index sightings_alert on sightings (alert, seen_at);
create table alert_history (
    alert uuid not null references alerts,
    version integer not null,
    at timestamptz not null,
    event text not null,
    person uuid references people,
    detail jsonb not null default '{}',
    primary key (alert, version)
);
create table events_out (
    id uuid primary key,
    agency text not null references agencies,
    alert uuid not null references alerts,
    type text not null,
    body jsonb not null,
    created_at timestamptz not null,
    published_at timestamptz,
    fanned_out_at timestamptz
);
create index events_out_waiting on events_out (created_at) where fanned_out_at is null;
"""

NOTIFIERS = """
create table recipients (
    id uuid primary key,
    agency text not null references agencies,
    name text not null,
    kind text not null check (kind in ('dispatch', 'officer', 'system')),
    channel text not null check (channel in ('sms', 'webhook')),
    address text not null,
    secret text not null default '',
    person uuid references people,
    active boolean not null default true,
    created_at timestamptz not null default now(),
    unique (agency, channel, address)
);
create table deliveries (
    id uuid primary key,
    agency text not null references agencies,
    alert uuid not null references alerts,
    event uuid not null references events_out,
    recipient uuid not null references recipients,
    channel text not null,
    state text not null check
        (state in ('waiting', 'sent', 'delivered', 'failed', 'superseded')),
    attempts integer not null default 0,
    trying_since timestamptz,
    provider_id text not null default '',
    problem text not null default '',
    created_at timestamptz not null,
    sent_at timestamptz,
    delivered_at timestamptz,
    failed_at timestamptz,
    unique (event, recipient)
);
comment on column deliveries.trying_since is 'a courier is talking to the gateway since then';
create index deliveries_alert on deliveries (alert);
create index deliveries_provider on deliveries (provider_id) where provider_id <> '';
create index deliveries_open on deliveries (created_at) where state = 'waiting';
create table messages_in (
    provider_id text primary key,
    sender text not null,
    body text not null,
    received_at timestamptz not null,
    person uuid references people,
    alert uuid references alerts,
    understood text not null default ''
);
"""

RECORDS = """
create table reads (
    read_id uuid not null,
    agency text not null,
    camera text not null,
    seen_at timestamptz not null,
    received_at timestamptz not null,
    plate text not null,
    state text not null default '',
    body json not null,
    primary key (read_id, seen_at)
) partition by range (seen_at);
create index reads_plate on reads (agency, plate, seen_at);
"""

AUDIT = f"""
create table audit_heads (
    lane integer primary key,
    seq bigint not null,
    hash bytea not null
) with (fillfactor = 50);
insert into audit_heads
    select n, 0, decode(repeat('00', 32), 'hex') from generate_series(0, {LANES - 1}) n;
create table audit (
    lane integer not null,
    seq bigint not null,
    at timestamptz not null,
    agency text not null,
    actor text not null,
    action text not null,
    subject text not null,
    reason text not null,
    detail text not null,
    previous bytea not null,
    hash bytea not null,
    primary key (lane, seq)
);
create index audit_subject on audit (subject, at);
create index audit_agency on audit (agency, at);
"""


def upgrade() -> None:
    for part in (PEOPLE, CAMERAS, HOTLISTS, ALERTS, NOTIFIERS, RECORDS, AUDIT):
        op.execute(part)
