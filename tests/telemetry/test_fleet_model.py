"""The fleet against a model of it: whatever is said in whatever order, both know the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from telemetry.fleet import Fleet
from telemetry.health import SEVERITY, HealthLevel
from telemetry.samples import METRICS, DeviceSample, DeviceUuid, NodeId, NodeSample
from tests.telemetry.reports import START, sample

NODES = ("node-1", "node-2", "node-3")
OWN = {node: [f"GPU-{node}-{index}" for index in range(2)] for node in NODES}
MOVED = ["GPU-moved-0", "GPU-moved-1"]

cards = st.builds(
    DeviceSample,
    utilisation_percent=st.none() | st.floats(0, 100),
    remap_failed=st.integers(0, 1),
    remap_pending=st.integers(0, 1),
)


@dataclass
class ModelNode:
    boot: str
    time: float
    heard_at: float
    interval: float
    last: dict[str, int] = field(default_factory=dict)
    cards: dict[str, DeviceSample] = field(default_factory=dict)
    is_stale: bool = False

    def is_silent(self, now: float) -> bool:
        return now - self.heard_at > 3 * self.interval


class FleetAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.fleet = Fleet()
        self.nodes: dict[str, ModelNode] = {}
        self.dropped: Counter[str] = Counter()
        self.said: list[NodeSample] = []
        self.now = START

    @rule(
        node=st.sampled_from(NODES),
        boot=st.sampled_from("abc"),
        sequence=st.integers(1, 12),
        clock_error=st.sampled_from([-3600.0, -1.0, 0.0, 3600.0]),
        interval=st.sampled_from([0.5, 1.0, 2.0]),
        data=st.data(),
    )
    def say(
        self,
        node: str,
        boot: str,
        sequence: int,
        clock_error: float,
        interval: float,
        data: st.DataObject,
    ) -> None:
        uuids = data.draw(st.lists(st.sampled_from(OWN[node] + MOVED), unique=True))
        said = sample(
            node,
            sequence,
            {uuid: data.draw(cards) for uuid in uuids},
            boot_id=boot,
            time=self.now + clock_error,
            interval_seconds=interval,
        )
        self.said.append(said)
        self.hear(said)

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.said:
            self.hear(data.draw(st.sampled_from(self.said)))

    @rule(node=st.sampled_from(NODES))
    def next_tick_of_the_same(self, node: str) -> None:
        known = self.nodes.get(node)
        if known is not None:
            sequence = known.last[known.boot] + 1
            self.hear(sample(node, sequence, known.cards, boot_id=known.boot, time=self.now))

    @rule(node=st.sampled_from(NODES))
    def forget(self, node: str) -> None:
        self.fleet.forget(NodeId(node))
        self.nodes.pop(node, None)

    @rule(seconds=st.sampled_from([0.3, 1.0, 2.0, 7.0, -30.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.fleet.tick(self.now)
        for node in self.nodes.values():
            node.heard_at = min(node.heard_at, self.now)
            node.is_stale = node.is_stale or node.is_silent(self.now)

    def hear(self, said: NodeSample) -> None:
        self.fleet.apply(said, self.now)
        known = self.nodes.get(said.node_id)
        if known is not None and not self.is_news(known, said):
            self.dropped["late"] += 1
            return
        if known is None:
            known = self.nodes[said.node_id] = ModelNode("", 0.0, self.now, 1.0)
        elif said.boot_id == known.boot:
            self.dropped["gap"] += said.sequence - known.last[known.boot] - 1
        known.boot, known.time, known.heard_at = said.boot_id, said.time, self.now
        known.interval, known.is_stale = said.interval_seconds, False
        known.last[said.boot_id] = said.sequence
        rows = zip(*said.columns, strict=True)
        told = {
            uuid: DeviceSample(**dict(zip(METRICS, row, strict=True)))
            for uuid, row in zip(said.devices, rows, strict=False)
        }
        known.cards = {uuid: card for uuid, card in told.items() if self.may_have(known, uuid)}
        self.dropped["foreign"] += len(told) - len(known.cards)

    def is_news(self, known: ModelNode, said: NodeSample) -> bool:
        if said.sequence <= known.last.get(said.boot_id, -1):
            return False
        if said.boot_id == known.boot:
            return said.time != known.time
        is_new = said.boot_id not in known.last and said.time > known.time
        return is_new or known.is_silent(self.now)

    def may_have(self, node: ModelNode, uuid: str) -> bool:
        for other in self.nodes.values():
            if other is not node and uuid in other.cards:
                if not other.is_silent(self.now):
                    return False
                del other.cards[uuid]
        return True

    @invariant()
    def each_device_is_where_its_node_has_it(self) -> None:
        fleet = self.fleet
        assert set(fleet.nodes) == set(self.nodes)
        assert sorted(fleet.devices) == sorted(u for n in self.nodes.values() for u in n.cards)
        for name, node in self.nodes.items():
            live = fleet.nodes[NodeId(name)]
            assert fleet.devices[live.start : live.stop] == list(node.cards) == live.devices
            for uuid, card in node.cards.items():
                row = fleet.row_of[DeviceUuid(uuid)]
                assert fleet.node_of[row] is live
                assert {m: fleet.columns[m][row] for m in METRICS} == {
                    m: getattr(card, m) for m in METRICS
                }
        assert len(fleet.health) == len(fleet.node_of) == len(fleet.row_of) == len(fleet.devices)
        assert {len(column) for column in fleet.columns.values()} == {len(fleet.devices)}

    @invariant()
    def exactly_the_silent_nodes_are_stale(self) -> None:
        assert {n for n, live in self.fleet.nodes.items() if live.is_stale} == {
            NodeId(n) for n, node in self.nodes.items() if node.is_stale
        }

    @invariant()
    def health_is_that_of_the_last_word_and_unknown_in_silence(self) -> None:
        for node in self.nodes.values():
            for uuid, card in node.cards.items():
                level = HealthLevel.WARNING if card.remap_pending else HealthLevel.OK
                level = HealthLevel.CRITICAL if card.remap_failed else level
                if node.is_stale:
                    level = max(level, HealthLevel.UNKNOWN, key=SEVERITY.__getitem__)
                assert self.fleet.health[self.fleet.row_of[DeviceUuid(uuid)]].level is level

    @invariant()
    def what_was_lost_is_counted(self) -> None:
        assert +self.fleet.dropped == +self.dropped


TestFleetAgainstModel = FleetAgainstModel.TestCase
TestFleetAgainstModel.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestFleetAgainstModel.pytestmark = [pytest.mark.spec("NODE-2", "F-36", "T-49")]
