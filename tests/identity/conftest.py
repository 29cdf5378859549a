"""Providers on this machine, and a policy by which they may be called."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from outbound.policy import Policy
from tests.services.openid import OpenId, open_id

HERE = Policy.of("127.0.0.1", allows_http=True)


@pytest.fixture
async def provider() -> AsyncIterator[OpenId]:
    async with open_id() as running:
        yield running
