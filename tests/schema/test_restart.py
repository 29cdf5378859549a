"""An API that starts anew knows what was known before it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.health_log import NewHealthEvent, append_health_events
from domain.installation import Installed
from telemetry.embedded_bus import EmbeddedBus
from telemetry.health import Health, HealthLevel, HealthReasonCode, Reason, record
from tests.services.graph import running_graph

HEALTH = """{ device(uuid: "GPU-n1-0") {
  health { level since reasons { code since } }
} }"""
BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.spec("DEV-2")
async def test_a_fault_keeps_the_time_when_it_began_over_a_restart(installed: Installed) -> None:
    bus = EmbeddedBus()
    thermal = HealthReasonCode.THERMAL_SLOWDOWN
    was = Health(HealthLevel.WARNING, (Reason(thermal, HealthLevel.WARNING, BEGAN.timestamp()),))
    async with running_graph(bus, installed.password or "") as graph:
        node = await graph.add_node("n1", devices=1)
        (device,) = graph.live.snapshot.devices.values()
        event = NewHealthEvent(
            BEGAN, device.node_id, device.id, "WARNING", "OK", [record(r) for r in was.reasons]
        )
        await append_health_events([event])
    async with running_graph(bus, installed.password or "") as graph:
        node.graph = graph
        node.set(0, throttle_reasons=0x40)
        await node.say()
        answer = await graph.ask(HEALTH)
    since = "2026-03-01T12:00:00.000Z"
    assert answer["device"]["health"] == {
        "level": "WARNING",
        "since": since,
        "reasons": [{"code": "THERMAL_SLOWDOWN", "since": since}],
    }
    await bus.close()
