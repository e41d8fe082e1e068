"""What states an agency's reads show, a day, and the reset of what is learned of its traffic.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TRAFFIC = """
create table traffic_counts (
    agency text not null references agencies,
    day date not null,
    state text not null check (state ~ '^[A-Z]{2}$'),
    reads bigint not null check (reads >= 0),
    primary key (agency, day, state)
);
comment on table traffic_counts is
    'how many reads of score_reads showed each state (NCIC code); one that showed none is not here';
create table traffic_resets (
    agency text primary key references agencies,
    at timestamptz not null,
    by text not null,
    reason text not null
);
comment on table traffic_resets is
    'days up to that of the reset, by the agency''s calendar, are not weighed any more';
alter table learned_heads add column traffic bigint not null default 0;
"""


def upgrade() -> None:
    op.execute(TRAFFIC)
