"""What people and alerts teach: misread markers, verified hits by camera, where a target was seen.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LEARNED = """
create table learned_heads (
    agency text primary key references agencies,
    markers bigint not null default 0,
    cameras bigint not null default 0
);
comment on table learned_heads is
    'counts changes of the tables below, so that workers read them only when there is news';
create table misread_markers (
    id uuid primary key,
    agency text not null references agencies,
    target uuid not null,
    reading text not null,
    alert uuid not null references alerts,
    rejected_by uuid not null references people,
    rejected_at timestamptz not null,
    expires_at timestamptz not null,
    lifted_at timestamptz,
    lifted_by text not null default '',
    lifted_because text not null default '',
    unique (agency, target, reading),
    check (expires_at > rejected_at)
);
comment on table misread_markers is
    'a text that a person rejected as a misread of the target: not held for it until expires_at';
create index misread_markers_expiry on misread_markers (expires_at);
create table camera_hits (
    alert uuid primary key references alerts,
    agency text not null references agencies,
    camera text not null,
    at timestamptz not null,
    verdict text not null check (verdict in ('right', 'misread', 'rejected'))
);
comment on column camera_hits.verdict is
    'right, misread: of a verified hit, its first text against the plate; rejected: as a misread';
create index camera_hits_agency on camera_hits (agency, at);
create table camera_resets (
    agency text not null references agencies,
    camera text not null,
    at timestamptz not null,
    by text not null,
    reason text not null,
    primary key (agency, camera)
);
comment on table camera_resets is 'hits of the camera up to then are not weighed any more';
"""

SIGHTINGS = """
alter table sightings
    add column latitude double precision,
    add column longitude double precision,
    add column exact boolean not null default false;
comment on column sightings.exact is 'its tier: same plate, no contradiction';
create index sightings_placed on sightings (agency, seen_at desc) where latitude is not null;
update sightings set
    latitude = (match->'read'->'place'->>'latitude')::double precision,
    longitude = (match->'read'->'place'->>'longitude')::double precision,
    exact = coalesce(match->'evidence'->>'tier' = 'exact', false)
where seen_at > now() - interval '1 day' and match->'read'->'place'->>'longitude' is not null;
"""


def upgrade() -> None:
    for part in (LEARNED, SIGHTINGS):
        op.execute(part)
