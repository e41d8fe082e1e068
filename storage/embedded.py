"""The embedded servers, as `bolo up`, `bolo demo`, `bolo smoke` and the tests use them."""

from __future__ import annotations

from storage.embedded_broker import FORGETS, EmbeddedBroker
from storage.embedded_postgres import EmbeddedPostgres

__all__ = ["FORGETS", "EmbeddedBroker", "EmbeddedPostgres"]
