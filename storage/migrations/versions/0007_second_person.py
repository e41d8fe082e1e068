"""A second person: how many must verify an alert, who did, and what those after the first saw.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = """
alter table alerts
    add column needed smallint not null default 1 check (needed between 1 and 9),
    add column confirmations jsonb not null default '[]',
    add column looks jsonb not null default '[]';
comment on column alerts.needed is 'people who must verify it; it never falls';
comment on column alerts.confirmations is 'who verified it: by, at, source, reference; in order';
comment on column alerts.looks is 'what those after the first read off the pictures';
"""

# Until now one person verified every alert, and that is what those that were verified needed.
VERIFIED = """
update alerts set confirmations = jsonb_build_array(jsonb_build_object(
        'by', verified_by, 'at', verified_at, 'source', second_source,
        'reference', second_reference))
    where verified_at is not null;
"""

# What waits for a person and contradicts its entry needs two from now on: the value that a category
# has when nobody says another (policy.model).
OPEN = """
update alerts set needed = 2
    where state in ('raised', 'claimed')
        and (right(match->'evidence'->>'tier', 9) = '-conflict'
            or match->'evidence'->'features' @> '[{"verdict": "conflict"}]');
"""

# The last guard, whatever the code does: nothing is verified by fewer than it needs, and the first
# two are two people.
GUARDS = """
alter table alerts
    add constraint alerts_enough_people
        check (verified_at is null or jsonb_array_length(confirmations) >= needed),
    add constraint alerts_another_person
        check (confirmations #>> '{0,by}' is distinct from confirmations #>> '{1,by}'
            or jsonb_array_length(confirmations) < 2);
create index alerts_waiting on alerts (agency)
    where state in ('raised', 'claimed') and confirmations <> '[]';
"""


def upgrade() -> None:
    for part in (COLUMNS, VERIFIED, OPEN, GUARDS):
        op.execute(part)
