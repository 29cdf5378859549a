"""A fatal Xid never clears without evidence of a reset, in whatever order things happen."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from telemetry.samples import DeviceStatus, DeviceUuid
from workers.nvml.xids import Xids

CARD = DeviceUuid("GPU-1")
FATAL = st.sampled_from([48, 62, 74, 79, 95, 119])
LESSER = st.sampled_from([13, 31, 43, 45, 63, 68, 94, 999])


class XidsOfACard(RuleBasedStateMachine):
    """`due` is the fatal Xid that must be shown; the energy counter rises until a reset."""

    def __init__(self) -> None:
        super().__init__()
        self.xids = Xids()
        self.due: int | None = None
        self.energy = 1000
        self.clock = 0.0

    @rule(xid=FATAL)
    def a_fatal_xid(self, xid: int) -> None:
        self.clock += 1
        self.xids.seen(CARD, xid, self.clock)
        self.due = xid

    @rule(xid=LESSER)
    def a_lesser_xid(self, xid: int) -> None:
        self.clock += 1
        self.xids.seen(CARD, xid, self.clock)

    @rule(rise=st.integers(0, 500), is_known=st.booleans())
    def a_clean_probe(self, rise: int, is_known: bool) -> None:
        self.energy += rise
        self.xids.observe(CARD, DeviceStatus.ANSWERS, self.energy if is_known else None)

    @rule(status=st.sampled_from([DeviceStatus.TIMEOUT, DeviceStatus.FAILED]))
    def no_answer(self, status: DeviceStatus) -> None:
        self.xids.observe(CARD, status, None)

    @rule()
    def reset_after_being_lost(self) -> None:
        self.xids.observe(CARD, DeviceStatus.LOST, None)
        assert self.due is None or self.xids.of(CARD) is not None  # not yet: it is only lost
        self.energy = 0
        self.xids.observe(CARD, DeviceStatus.ANSWERS, self.energy)
        self.due = None

    @rule()
    def driver_reload(self) -> None:
        self.xids.forget_all()
        self.energy = 0
        self.due = None

    @invariant()
    def the_fatal_xid_is_shown(self) -> None:
        shown = self.xids.of(CARD)
        if self.due is not None:
            assert shown is not None
            assert shown[0] == self.due


TestXidsOfACard = pytest.mark.spec("F-37")(XidsOfACard.TestCase)
