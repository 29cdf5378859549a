"""Reports that wait: the newest of each node, facts first, and never more than there are nodes."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.samples import NodeFacts, QueueReport
from tests.workers.reporting import ReportingNode
from workers.mailbox import Mailbox, Report

NODES = [ReportingNode(name) for name in "abc"]
REPORTS = st.builds(
    lambda node, is_facts: node.facts() if is_facts else node.processes(),
    st.sampled_from(NODES),
    st.booleans(),
)


def origin(report: Report) -> tuple[type, str]:
    return type(report), report.source if isinstance(report, QueueReport) else report.node_id


async def taken(mailbox: Mailbox, count: int) -> list[Report]:
    async with aclosing(mailbox.reports()) as reports:  # type: ignore[type-var]
        return [await anext(reports) for _ in range(count)]


@given(said=st.lists(REPORTS))
async def test_the_newest_of_each_kind_and_node_is_kept_and_facts_come_first(
    said: list[Report],
) -> None:
    mailbox = Mailbox()
    for report in said:
        mailbox.put(report)
    newest = {origin(report): report for report in said}
    assert len(mailbox) == len(newest)
    found = await taken(mailbox, len(newest))
    assert {origin(report): report for report in found} == newest
    kinds = [isinstance(report, NodeFacts) for report in found]
    assert kinds == sorted(kinds, reverse=True)


@pytest.mark.spec("F-30")
def test_a_report_that_is_put_back_does_not_replace_a_newer_one() -> None:
    mailbox = Mailbox()
    old, new = NODES[0].facts(), NODES[0].facts(os_name="newer")
    mailbox.put_back(old)
    mailbox.put(new)
    mailbox.put_back(old)
    assert len(mailbox) == 1
    assert asyncio.run(taken(mailbox, 1)) == [new]


async def test_whoever_waits_is_woken_by_the_next_report() -> None:
    mailbox = Mailbox()
    waiting = asyncio.create_task(taken(mailbox, 1))
    await asyncio.sleep(0)
    assert not waiting.done()
    report = NODES[0].processes()
    mailbox.put(report)
    assert await waiting == [report]
