"""A camera's time zone, and what is known of its health: last read, clock, heartbeat.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CAMERAS = """
alter table cameras add column timezone text not null default '';
comment on column cameras.timezone is
    'IANA name in which naive times of this camera are read; empty: the zone of its agency';
"""

HEALTH = """
create table camera_health (
    agency text not null references agencies,
    camera text not null,
    last_seen_at timestamptz,
    last_received_at timestamptz,
    skew_seconds double precision,
    skew_samples integer not null default 0,
    heartbeat_at timestamptz,
    problem text not null default '',
    updated_at timestamptz not null,
    primary key (agency, camera)
);
comment on table camera_health is
    'of every camera that reports; no key into cameras, since unregistered ones report, too';
comment on column camera_health.last_seen_at is 'newest time by the camera, never corrected';
comment on column camera_health.skew_seconds is
    'the camera''s clock minus ours (cameras.clocks), null when not known';
"""


def upgrade() -> None:
    for part in (CAMERAS, HEALTH):
        op.execute(part)
