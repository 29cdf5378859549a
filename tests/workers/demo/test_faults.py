"""What befalls the demo's cards is seen as the fault that it stands for."""

from __future__ import annotations

import pytest

from telemetry.fleet import Fleet
from telemetry.health import HealthReasonCode
from telemetry.rules import NVLINK, PCIE
from telemetry.samples import HostSample, NodeSample, to_columns
from tests.workers.fakes import FakeClock
from workers.demo.cards import Trouble
from workers.demo.catalogue import H100
from workers.demo.faults import LASTS
from workers.demo.layout import build
from workers.demo.size import Size

Code = HealthReasonCode
SEEN_AS = {
    Trouble.FELL_OFF_BUS: Code.FELL_OFF_BUS,
    Trouble.UNCONTAINED_ECC: Code.ECC_UNCORRECTABLE,
    Trouble.CONTAINED_ECC: Code.ROW_REMAP_PENDING,
    Trouble.DOUBLE_BIT_ECC: Code.XID,
    Trouble.ROW_REMAP: Code.ROW_REMAP_PENDING,
    Trouble.THERMAL: Code.THERMAL_SLOWDOWN,
    Trouble.POWER_BRAKE: Code.POWER_BRAKE,
    Trouble.PCIE_DEGRADED: Code.PCIE_DEGRADED,
    Trouble.NVLINK_DOWN: Code.NVLINK_DEGRADED,
    Trouble.NVLINK_ERRORS: Code.NVLINK_ERRORS,
}
READINGS = 60


@pytest.mark.spec("DEV-2")
@pytest.mark.parametrize("trouble", Trouble)
def test_each_trouble_is_seen_as_the_fault_that_it_stands_for(trouble: Trouble) -> None:
    now = FakeClock().now
    machine = build(Size(1, 2), 7, now).of(H100)[0]
    fleet = Fleet()
    fleet.learn(machine.facts(now))
    for tick in range(READINGS):
        if tick == 1:
            machine.cards[0].trouble, machine.cards[0].trouble_at = trouble, now
        columns = to_columns([card.sample(now + tick, 25.0, 1.0) for card in machine.cards])
        told = NodeSample(
            node_id=machine.machine_id,
            boot_id="1",
            sequence=tick,
            time=now + tick,
            interval_seconds=1.0,
            host=HostSample(),
            devices=[card.uuid for card in machine.cards],
            columns=columns,
        )
        fleet.apply(told, now + tick)
    struck, neighbour = fleet.health
    assert SEEN_AS[trouble] in {reason.code for reason in struck.reasons}
    assert neighbour.reasons == ()


def test_every_trouble_strikes_now_and_then() -> None:
    assert LASTS.keys() == set(Trouble) == SEEN_AS.keys()
    assert min(low for low, _ in LASTS.values()) * 60 > max(PCIE.of, NVLINK.of)
