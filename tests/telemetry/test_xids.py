"""The levels of Xids against the immediate action that NVIDIA's catalogue gives each."""

from __future__ import annotations

import pytest

from telemetry.xid_advice import XIDS
from telemetry.xids import CRITICAL_XIDS, WARNING_XIDS

# https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html, those that are in use.
RESETS_THE_GPU = {46, 62, 64, 95, 109, 110, 119, 120, 136, 140, 143, 155, 156, 158}
RESTARTS_THE_NODE = {79, 151}
RESTARTS_THE_PROGRAM = (
    {8, 11, 13, 25, 31, 32, 39, 40, 41, 60, 68, 69, 70, 71, 72, 75, 76, 77, 80, 82, 83, 84, 85, 86}
    | {88, 89, 94, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 139}
    | set(range(126, 136))
)
IGNORES = {37, 38, 43, 44, 63, 66, 67, 92, 93, 106, 107, 108, 121, 137, 141, 157, 160, 161}
FOLLOWS_A_WORK_FLOW = {45, 48, 74, 144, 145, 146, 147, 148, 149, 150}

PUT_DOWN_ON_PURPOSE = {155}
"""Links that were put down on purpose are told by it too, says the catalogue: no more than a
warning."""
SIGNS_OF_WEAR = {63, 92, 94, 121, 157, 160, 161}


@pytest.mark.spec("DEV-2")
def test_what_nvidia_would_reset_or_restart_the_node_for_is_critical() -> None:
    assert RESETS_THE_GPU - CRITICAL_XIDS == PUT_DOWN_ON_PURPOSE
    assert RESTARTS_THE_NODE <= CRITICAL_XIDS
    assert PUT_DOWN_ON_PURPOSE <= WARNING_XIDS


@pytest.mark.spec("DEV-2")
def test_what_concerns_the_program_only_says_nothing_of_the_device() -> None:
    harmless = RESTARTS_THE_PROGRAM | IGNORES
    assert not harmless & CRITICAL_XIDS
    assert harmless & WARNING_XIDS == SIGNS_OF_WEAR


@pytest.mark.spec("DEV-2")
def test_of_those_with_a_work_flow_only_the_clean_up_after_a_program_is_left_out() -> None:
    assert {45} == FOLLOWS_A_WORK_FLOW - CRITICAL_XIDS - WARNING_XIDS
    assert {48, 74} <= CRITICAL_XIDS


def test_each_xid_has_one_level_and_words() -> None:
    assert not CRITICAL_XIDS & WARNING_XIDS
    assert XIDS.keys() == CRITICAL_XIDS | WARNING_XIDS
