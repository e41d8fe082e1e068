"""How scores are spread over an agency's reads, and the thresholds that came of it.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COUNTS = """
create table score_reads (
    agency text not null references agencies,
    day date not null,
    reads bigint not null check (reads >= 0),
    primary key (agency, day)
);
comment on column score_reads.day is 'of the agency''s calendar, when the reads were judged';
create table score_counts (
    agency text not null references agencies,
    day date not null,
    priority smallint not null check (priority between 1 and 4),
    bin smallint not null check (bin >= 0),
    count bigint not null check (count >= 0),
    primary key (agency, day, priority, bin)
);
comment on column score_counts.bin is
    'scores from -10 + bin / 4 on: the best of a read that is no exact reading (matchers.tally)';
"""

THRESHOLDS = """
create table thresholds (
    agency text not null references agencies,
    priority smallint not null check (priority between 1 and 4),
    threshold double precision not null,
    budget double precision not null check (budget >= 0),
    looked_on date not null,
    since timestamptz not null,
    why text not null,
    primary key (agency, priority)
);
comment on column thresholds.looked_on is
    'day of the agency''s calendar on which it was last computed; since: when it last changed';
"""


def upgrade() -> None:
    for statements in (COUNTS, THRESHOLDS):
        op.execute(statements)
