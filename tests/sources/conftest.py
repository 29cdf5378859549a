"""The real servers on the other side."""

from __future__ import annotations

import pytest

from outbound.client import Outbound
from outbound.policy import Policy


@pytest.fixture
def outbound() -> Outbound:
    """As an installation that allows this machine itself: where the tests' servers are."""
    return Outbound(Policy.of("127.0.0.0/8", allows_http=True))
