"""What the cluster does of pools and groups, on their lists."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from domain.enforcement import Enforced, record_enforcement
from domain.snapshot import EnforcementState
from resolvers.ids import parse_id
from tests.services.chromium import Axe
from tests.web.lab import Lab

DRIFTED = "DeviceClass research-1f2e: kubectl changed spec"
REFUSED = "The pool is half of a node, and this cluster has the device plugin only."


@pytest.mark.spec("ENF-1", "ENF-2")
async def test_the_lists_tell_live_what_the_cluster_does_and_why_not(lab: Lab, axe: Axe) -> None:
    page = lab.page
    devices = await lab.device_ids("h100-a")
    made = await lab.create_pool("research", devices[:2])
    group = await lab.graph.ask(
        """mutation ($i: CreateGroupInput!) {
             createGroup(input: $i) { ... on Group { id name } } }""",
        i={"name": "Vision"},
    )
    keys = {"pool": number(made["id"]), "group": number(group["createGroup"]["id"])}

    async def found(pool: Enforced, group: Enforced) -> None:
        await record_enforcement({("pool", keys["pool"]): pool, ("group", keys["group"]): group})
        await lab.graph.announce("pool", [keys["pool"]])

    await lab.open("/pools")
    row = page.locator('tr[data-pool="research"]')
    await expect(row).to_be_visible()
    head = page.get_by_role("columnheader", name="In the cluster")
    await expect(head).to_have_count(0)  # with no cluster there is nothing to say of one

    in_sync = Enforced(EnforcementState.IN_SYNC, None, "research-1f2e")
    refused = Enforced(EnforcementState.NOT_ENFORCEABLE, REFUSED, "vision-7a01")
    await found(in_sync, refused)
    await expect(head).to_be_visible()
    await expect(row).to_contain_text("In sync")
    await found(Enforced(EnforcementState.DRIFTED, DRIFTED, "research-1f2e"), refused)
    await expect(row).to_contain_text("Drifted")
    await expect(row).to_contain_text(DRIFTED)
    assert await axe(page) == []

    await lab.open("/groups")
    cell = page.get_by_role("row").filter(has_text="Vision")
    await expect(cell).to_contain_text(f"Not enforceable: {REFUSED}")
    assert await axe(page) == []


def number(global_id: str) -> int:
    (_, number) = parse_id(global_id) or ("", 0)
    return number
