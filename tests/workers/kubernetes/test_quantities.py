"""Counts are written as the API server answers them: else they would be put right for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers.kubernetes.conftest import Enforced
from workers.kubernetes.quantities import count_of, quantity


@given(st.integers(0, 10**15))
def test_a_count_is_read_as_it_was_written(count: int) -> None:
    assert count_of(quantity(count)) == count


@pytest.mark.parametrize("text", [None, "", "1.5", "-1", "1Ki", "1e3", "many"])
def test_what_is_no_count_is_none(text: str | None) -> None:
    assert count_of(text) is None


@pytest.mark.spec("ENF-1")
async def test_a_pool_of_a_thousand_devices_keeps_nobody_else_s_from_being_enforced(
    enforced: Enforced,
) -> None:
    """Whose quota the API server calls 1k."""
    node = await enforced.add_gpu_node("node-a", 2)
    pool = await enforced.make_pool("research", await enforced.devices_of(node))
    await enforced.graph.add_node("bare", 1000)
    enforced.worker.inventory_changed()
    await enforced.make_group("Vision", pool["id"])
    namespace = await enforced.in_sync("groups", "Vision")
    device_class = await enforced.in_sync("pools", "research")
    default = await enforced.in_sync("groups", "Default")
    hard = await enforced.hard(default)
    assert "1k" in hard.values()
    hard = await enforced.hard(namespace)
    assert hard[f"{device_class}.deviceclass.resource.k8s.io/devices"] == "2"
