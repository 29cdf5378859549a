"""The log of health changes, and what a controller that starts anew finds in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tortoise.exceptions import IntegrityError

from domain.devices import Device
from domain.health_events import HealthEvent
from domain.health_log import LastHealth, NewHealthEvent, append_health_events, last_health
from domain.installation import Installed
from domain.inventory import record_node
from tests.domain.fleet import NOON, node


def event(node_id: int, device_id: int | None, level: str, *codes: str) -> NewHealthEvent:
    reasons = [{"code": code, "detail_value": None, "since": 1.5} for code in codes]
    return NewHealthEvent(NOON, node_id, device_id, level, "OK", reasons)


@pytest.fixture
async def node_id(installed: Installed) -> int:
    return (await record_node(node("a", "GPU-1", "GPU-2"), NOON)).node_id


@pytest.mark.spec("DEV-2")
async def test_what_was_last_said_of_each_device_is_known_after_a_restart(node_id: int) -> None:
    first, second = [one.id for one in await Device.all().order_by("uuid")]
    ids = await append_health_events(
        [
            event(node_id, first, "CRITICAL", "XID"),
            event(node_id, second, "WARNING", "THERMAL"),
            event(node_id, None, "UNKNOWN", "STALE"),
            event(node_id, first, "OK"),
        ]
    )
    assert list(ids) == sorted(ids)
    xid = {"code": "THERMAL", "detail_value": None, "since": 1.5}
    stale = {"code": "STALE", "detail_value": None, "since": 1.5}
    assert await last_health() == [
        LastHealth(node_id, second, "WARNING", (xid,)),
        LastHealth(node_id, None, "UNKNOWN", (stale,)),
        LastHealth(node_id, first, "OK", ()),
    ]


async def test_events_are_appended_together_or_not_at_all(node_id: int) -> None:
    with pytest.raises(IntegrityError):
        await append_health_events([event(node_id, None, "OK"), event(node_id, None, "SICK")])
    assert not await HealthEvent.exists()


async def test_an_event_keeps_its_time(node_id: int) -> None:
    (id,) = await append_health_events([event(node_id, None, "WARNING", "DISK")])
    found = await HealthEvent.get(id=id)
    assert found.time - NOON == timedelta(0)
    assert found.reasons[0]["code"] == "DISK"
