"""Look-alike twins of a generation's plates, and the plates as numbers to count them by.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TWINS = """
alter table generations
    add column twins jsonb not null default '{}',
    add column plates bytea;
alter table generations alter column plates set storage external;
comment on column generations.twins is
    'entries with a look-alike twin: here, elsewhere, road; {} where they were not counted';
comment on column generations.plates is
    'sorted little-endian uint64: a number for each entry with a plate (hotlists.twinning); null
    when the entries are no longer kept';
"""


def upgrade() -> None:
    op.execute(TWINS)
