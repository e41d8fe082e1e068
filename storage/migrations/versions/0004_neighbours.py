"""Agreements: what a neighbouring agency may pull of ours, until when, approved by whom.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AGREEMENTS = """
create table agreements (
    id uuid primary key,
    agency text not null references agencies,
    direction text not null check (direction in ('give')),
    neighbour text not null,
    ori text not null,
    state text not null,
    federal boolean not null,
    categories text[] not null,
    purposes text[] not null,
    reason text not null,
    declaration text not null default '',
    process text not null default '',
    approved_by uuid not null references people,
    made_by text not null,
    made_at timestamptz not null,
    valid_until timestamptz not null,
    token_hash bytea not null unique,
    revoked_at timestamptz,
    revoked_because text not null default '',
    last_pulled_at timestamptz,
    check (valid_until > made_at and valid_until <= made_at + interval '366 days')
);
create index agreements_agency on agreements (agency, made_at);
comment on table agreements is 'agency gives the neighbour ori its own shared entries';
comment on column agreements.token_hash is 'SHA-256 of the token, which is kept nowhere';
comment on column agreements.declaration is
    'the neighbour''s written declaration, or where it is kept; process: the order of a court';
"""


def upgrade() -> None:
    op.execute(AGREEMENTS)
