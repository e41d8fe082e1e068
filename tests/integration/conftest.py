"""What several integration suites share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.town import Town, a_town


@pytest.fixture(scope="session")
async def town() -> AsyncIterator[Town]:
    """One running stack for all suites that need the whole path: starting one takes seconds."""
    async with a_town() as it:
        yield it
