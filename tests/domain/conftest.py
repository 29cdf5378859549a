"""What races are watched for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain.database import changes, errors


@pytest.fixture
def nothing_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Locks are taken in one order: no transaction is a deadlock's victim."""
    begun_anew: list[BaseException] = []

    def is_worth_a_retry(error: BaseException) -> bool:
        is_worth_it = errors.is_worth_a_retry(error)
        if is_worth_it:
            begun_anew.append(error)
        return is_worth_it

    monkeypatch.setattr(changes, "is_worth_a_retry", is_worth_a_retry)
    yield
    assert not begun_anew
