"""History: charts that begin with the last hour, and a view to look closer and to compare."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.async_api import Locator, Page, Request, expect

from domain.health_log import NewHealthEvent, append_health_events
from telemetry.health import HealthLevel, HealthReasonCode, Reason, record
from telemetry.history import Metric, Series
from telemetry.history.prometheus import Prometheus, PrometheusFailed
from telemetry.samples import DeviceSample, HostSample
from tests.services.chromium import Axe
from tests.services.graph import GIB, FakeNode
from tests.services.past import Past
from tests.web.conftest import Console
from tests.web.lab import Lab

MINUTES = 50
GAP_MINUTES = range(20, 25)
"""In which nothing was heard of any node."""


@pytest.fixture
async def begun(lab: Lab) -> int:
    """The second with which the written past of the lab begins, at a whole minute."""
    begun = int(time.time()) // 60 * 60 - MINUTES * 60
    past = Past(begun)

    def say(second: float) -> None:
        minute = (int(second) - begun) // 60
        if minute in GAP_MINUTES:
            return
        for node in lab.nodes.values():
            past.say(node.id, node.uuids, samples(node, minute), host=HostSample(cpu_percent=30.0))

    await past.tell(range(begun, int(time.time())), say)
    return begun


def samples(node: FakeNode, minute: int) -> list[DeviceSample]:
    """The use of device i in a minute is the minute and ten times i, in percent."""
    return [
        DeviceSample(
            utilisation_percent=float(minute + 10 * index),
            memory_used_bytes=(10 + index) * GIB,
            power_watts=100.0 * (index + 1),
            temperature_celsius=50.0,
            power_limit_watts=700.0,
        )
        for index in range(len(node.devices))
    ]


def of_devices(lab: Lab, node: str, *indexes: int) -> str:
    return "/history?" + "&".join(f"device={lab.nodes[node].uuid(index)}" for index in indexes)


def charts(page: Page) -> Locator:
    return page.get_by_test_id("history-charts")


def table(page: Page) -> Locator:
    return page.get_by_test_id("history-table")


def asked_kept(page: Page) -> list[dict[str, str]]:
    """What the page asks for to fill its charts: the variables of each question."""
    asked: list[dict[str, str]] = []

    def hear(request: Request) -> None:
        if request.method == "POST" and "KeptOfDevices" in (request.post_data or ""):
            asked.append(json.loads(request.post_data or "")["variables"])

    page.on("request", hear)
    return asked


INKED = """canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 3, width, height - 6);
  const isInked = (x) => { for (let y = 0; y < height - 6; y++) if (data[(y * width + x) * 4 + 3]) return 1; return 0; };
  let inked = 0;
  for (let x = 2; x < width - 2; x++) inked += isInked(x);
  return inked / (width - 4);
}"""  # noqa: E501


@pytest.mark.spec("DEV-3", "NODE-1")
async def test_the_lines_of_a_node_begin_with_the_last_hour(lab: Lab, begun: int) -> None:
    page = lab.page
    await lab.open("/nodes/h100-a")
    devices = page.get_by_test_id("node-devices")
    await expect(devices).to_have_attribute("data-filled", "true")
    assert await devices.locator("canvas").first.evaluate(INKED) > 0.75


@pytest.mark.spec("DEV-3")
async def test_the_charts_of_a_device_are_filled_once_and_go_on_without_asking(
    lab: Lab, begun: int
) -> None:
    page = lab.page
    asked = asked_kept(page)
    await lab.open(f"/devices/{lab.nodes['h100-a'].uuid(0)}")
    drawn = page.get_by_test_id("charts")
    await expect(drawn).to_have_attribute("data-filled", "true")
    whole = len(asked)
    assert whole > 0
    for percent in (61.0, 62.0, 63.0):  # three ticks and more
        lab.nodes["h100-a"].set(0, utilisation_percent=percent)
        await expect(drawn.locator("output").first).to_have_text(str(int(percent)))
    assert len(asked) == whole


@pytest.mark.spec("DEV-3", "API-4")
async def test_after_an_outage_only_what_was_missed_is_asked_for(console: Console) -> None:
    page = console.page
    asked = asked_kept(page)
    await console.open("/devices")
    await page.get_by_role("grid", name="Devices").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("charts")).to_have_attribute("data-filled", "true")
    whole, until = len(asked), max(one["until"] for one in asked)
    console.product.kill()
    await expect(page.get_by_test_id("live")).to_contain_text("Stale")
    async with page.expect_request(lambda r: "KeptOfDevices" in (r.post_data or "")):
        await asyncio.to_thread(console.product.start)
    assert len(asked) == whole + 1
    assert asked[-1]["since"] >= until


@pytest.mark.spec("DEV-3")
async def test_the_small_charts_lead_to_a_history_of_its_own_address(lab: Lab, begun: int) -> None:
    page = lab.page
    await lab.open(f"/devices/{lab.nodes['h100-a'].uuid(2)}")
    await page.get_by_test_id("charts").get_by_role("link", name="History").click()
    await expect(page).to_have_url(re.compile(r"/history\?device=GPU-h100-a-2$"))
    await expect(charts(page).get_by_role("img")).to_have_count(4)
    await lab.open("/nodes/h100-a")
    await page.get_by_role("main").get_by_role("link", name="History").click()
    await expect(page).to_have_url(re.compile(r"/history\?node=h100-a$"))
    await expect(charts(page)).to_contain_text("all together")
    await lab.open("/pools")
    await page.get_by_role("main").get_by_role("link", name="History").click()
    await expect(page).to_have_url(re.compile(r"/history\?pool=Default$"))
    await expect(charts(page)).to_contain_text("each device")


@pytest.mark.spec("DEV-3")
async def test_the_table_has_the_numbers_of_the_charts_and_a_gap_is_no_number(
    lab: Lab, begun: int
) -> None:
    page = lab.page
    stretch = f"&from={begun + 17 * 60}&to={begun + 27 * 60}&view=table"
    await lab.open(of_devices(lab, "h100-a", 1) + stretch)
    of_minute = {}
    for row in await table(page).locator("tbody tr").all():
        begins = (await row.get_by_role("rowheader").inner_text()).split(" ")[0]
        of_minute[begins] = await row.get_by_role("cell").first.inner_text()

    def used(minute: int, second: int = 30) -> str:
        return of_minute[time.strftime("%H:%M:%S", time.gmtime(begun + minute * 60 + second))]

    assert [used(minute) for minute in (17, 18, 19)] == ["27", "28", "29"]
    assert [used(minute) for minute in GAP_MINUTES] == ["n/a"] * len(GAP_MINUTES)
    assert [used(minute) for minute in (25, 26)] == ["35", "36"]


@pytest.mark.spec("DEV-3")
async def test_a_pool_has_the_mean_the_least_and_greatest_and_the_sum_of_power(
    lab: Lab, begun: int
) -> None:
    page = lab.page
    stretch = f"&from={begun + 10 * 60}&to={begun + 11 * 60}&view=table"
    await lab.open("/history?pool=Default&metric=UTILISATION_PERCENT&metric=POWER_WATTS" + stretch)
    cells = table(page).locator("tbody tr").first.get_by_role("cell")
    await expect(cells).to_have_text(["25 (10 to 40)", "250 (100 to 400)", "3,000"])


@pytest.mark.spec("DEV-3")
async def test_one_zooms_by_keys_by_dragging_and_by_the_strip_and_goes_back(
    lab: Lab, begun: int
) -> None:
    page = lab.page
    await lab.open(of_devices(lab, "h100-a", 0))
    panel = page.get_by_test_id("history")
    await expect(charts(page)).to_be_visible()
    zoomed = re.compile(r"[?&]from=\d+&to=\d+")

    for key in ("+", "+"):
        await page.keyboard.press(key)
    await expect(page).to_have_url(zoomed)
    await expect(page.get_by_text("every second")).to_be_visible()  # 15 minutes, in full detail
    before = page.url
    await page.keyboard.press("[")
    await expect(page).not_to_have_url(before)
    await page.keyboard.press("0")
    await expect(page).not_to_have_url(zoomed)
    await expect(panel).to_have_attribute("data-following", "true")

    chart = charts(page).locator(".u-over").nth(1)
    box = await chart.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 30)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30, steps=4)
    await page.mouse.up()
    await expect(page).to_have_url(zoomed)
    first, last = (int(second) for second in re.findall(r"(?:from|to)=(\d+)", page.url))
    assert abs(last - first - 360) < 30
    await chart.dblclick(position={"x": 40, "y": 30})
    await expect(page).not_to_have_url(zoomed)

    edge = page.get_by_role("slider", name="Shown from")
    await edge.focus()
    await page.keyboard.press("Shift+ArrowRight")
    await expect(page).to_have_url(zoomed)
    await page.keyboard.press("Escape")
    await expect(page).not_to_have_url(zoomed)


@pytest.mark.spec("DEV-3", "API-4")
async def test_numbers_of_hosts_and_links_go_on_by_push_too(lab: Lab, begun: int) -> None:
    page, node = lab.page, lab.nodes["h100-a"]
    asked: list[Request] = []
    await lab.open("/history?node=h100-a&metric=PCIE_TX_BYTES_PER_SECOND&metric=HOST_CPU_PERCENT")
    await expect(page.get_by_test_id("history")).to_have_attribute("data-following", "true")
    page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
    node.host = HostSample(cpu_percent=71.0)
    for index in range(len(node.devices)):
        node.set(index, pcie_tx_bytes_per_second=12_000_000.0)
    values = charts(page).locator("output")
    await expect(values.nth(0)).to_contain_text("12", timeout=20_000)
    await expect(values.nth(1)).to_contain_text("71", timeout=20_000)
    assert not [one for one in asked if "history" in (one.post_data or "")]


@pytest.mark.spec("DEV-3")
async def test_arrow_keys_read_the_charts_moment_by_moment(lab: Lab, begun: int) -> None:
    page = lab.page
    stretch = f"&from={begun + 10 * 60}&to={begun + 14 * 60}"
    await lab.open(of_devices(lab, "h100-a", 0) + stretch)
    await charts(page).focus()
    value = charts(page).locator("output").first
    await page.keyboard.press("Home")
    await expect(value).to_have_text("10")
    await page.keyboard.press("PageDown")
    await expect(value).to_have_text("11")
    await expect(page.get_by_test_id("announcer")).to_contain_text("Used 11 %")


@pytest.mark.spec("DEV-3")
async def test_chosen_devices_are_compared_in_one_chart(lab: Lab, begun: int) -> None:
    page = lab.page
    await lab.open("/devices?node=h100-a")
    for index in (1, 3):
        box = page.get_by_role("checkbox", name=f"Choose h100-a GPU {index}")
        await page.locator("label", has=box).click()
    await page.get_by_role("button", name="Compare history").click()
    await expect(page).to_have_url(re.compile(r"device=GPU-h100-a-1&device=GPU-h100-a-3"))
    compared = page.get_by_test_id("compared")
    rows = compared.locator("tbody tr")
    await expect(rows).to_have_count(2)
    one = rows.nth(1).get_by_role("button", name="h100-a · GPU 3").first
    await expect(one).to_have_attribute("aria-pressed", "true")
    await one.focus()
    await page.keyboard.press("Enter")
    await expect(one).to_have_attribute("aria-pressed", "false")

    await page.get_by_role("button", name="Devices").click()
    await page.get_by_label("Node, GPU, type, pool or job").fill("h100-b GPU 2")
    await page.get_by_role("option", name="h100-b · GPU 2").click()
    await page.keyboard.press("Escape")
    await expect(rows).to_have_count(3)
    await rows.first.get_by_role("button", name="Take h100-a · GPU 1 away").click()
    await expect(rows).to_have_count(2)
    await expect(page).to_have_url(re.compile(r"device=GPU-h100-a-3&device=GPU-h100-b-2"))


@pytest.mark.spec("DEV-3")
async def test_more_lines_than_can_be_told_apart_are_not_compared(lab: Lab) -> None:
    page = lab.page
    await lab.open("/devices")
    await page.locator("label", has=page.get_by_role("checkbox", name="All devices")).click()
    await expect(page.get_by_text("8 can be compared, 12 are chosen")).to_be_visible()
    await expect(page.get_by_role("button", name="Compare history")).to_be_disabled()


class Scraped(Prometheus):
    """A server that fails until it is well, and then knows one number of all time."""

    is_well = False

    async def series(
        self,
        devices: object,
        hosts: object,
        metrics: object,
        start: int,
        buckets: int,
        seconds: int,
    ) -> dict[Metric, Series]:
        if not self.is_well:
            raise PrometheusFailed("The Prometheus server did not answer within 10 s.")
        row: list[float | None] = [42.0] * buckets
        return {metric: Series(row, row, row, row) for metric in Metric}


@pytest.mark.spec("DEV-3")
async def test_longer_ranges_are_offered_with_a_prometheus_server_only(
    lab: Lab, begun: int
) -> None:
    page = lab.page
    await lab.open(of_devices(lab, "h100-a", 0) + "&range=24h")
    ranges = page.get_by_role("radiogroup", name="Range")
    await expect(ranges.get_by_role("radio")).to_have_count(2)
    await expect(ranges.get_by_role("radio", name="1 h")).to_be_checked()

    server = lab.graph.live.prometheus = Scraped("http://127.0.0.1:9")
    await page.reload()
    await expect(ranges.get_by_role("radio", name="24 h")).to_be_checked()
    failed = page.get_by_test_id("history").get_by_role("alert")
    await expect(failed).to_contain_text("The Prometheus server did not answer within 10 s.")
    server.is_well = True
    await failed.get_by_role("button", name="Retry").click()
    await expect(charts(page).locator("output").first).to_have_text("42")
    await expect(page.get_by_text("from Prometheus")).to_be_visible()


@pytest.mark.spec("DEV-3", "DEV-2")
async def test_changes_of_health_stand_in_their_time(lab: Lab, begun: int) -> None:
    page = lab.page
    device = next(d for d in lab.graph.live.snapshot.devices.values() if d.uuid == "GPU-h100-a-0")
    at = begun + 12 * 60
    fell_off = record(Reason(HealthReasonCode.XID, HealthLevel.CRITICAL, at, 79))
    when = datetime.fromtimestamp(at, UTC)
    await append_health_events(
        [NewHealthEvent(when, device.node_id, device.id, "CRITICAL", "OK", [fell_off])]
    )
    await lab.open(of_devices(lab, "h100-a", 0))
    events = page.get_by_role("region", name="Events in this time")
    await expect(events).to_contain_text("Xid 79")
    await lab.open(of_devices(lab, "h100-a", 0) + f"&from={begun}&to={begun + 600}")
    await expect(events).to_contain_text("No change of health in this time")


@pytest.mark.spec("DEV-3")
async def test_where_nothing_was_recorded_it_says_so(lab: Lab) -> None:
    page = lab.page
    yesterday = int(time.time()) - 86_400
    await lab.open(of_devices(lab, "h100-a", 0) + f"&from={yesterday}&to={yesterday + 600}")
    await expect(page.get_by_text("Nothing was recorded in this range")).to_be_visible()
    await page.get_by_role("button", name="Show the whole range").click()
    await expect(page).not_to_have_url(re.compile("from="))
    await lab.open("/history?device=GPU-of-yesterday")
    await expect(page.get_by_text("This device is not in the cluster")).to_be_visible()
    await lab.open("/history?pool=of-yesterday")
    await expect(page.get_by_text("There is no pool of this name")).to_be_visible()


@pytest.mark.spec("DEV-3")
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_history_is_accessible_and_reflows(
    lab: Lab, begun: int, axe: Axe, theme: str
) -> None:
    page = lab.page
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    views: dict[str, Callable[[], Locator]] = {
        of_devices(lab, "h100-a", 0): lambda: charts(page),
        of_devices(lab, "h100-a", 0, 1, 2, 3): lambda: page.get_by_test_id("compared"),
        of_devices(lab, "h100-a", 0, 1) + "&view=table": lambda: table(page),
        "/history?node=h100-a": lambda: charts(page),
    }
    found: dict[str, list[str]] = {}
    for path, shown in views.items():
        await page.set_viewport_size({"width": 1440, "height": 900})
        await lab.open(path)
        await expect(shown()).to_be_visible()
        if violations := await axe(page):
            found[path] = violations
        await page.set_viewport_size({"width": 320, "height": 640})
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(overflow) <= 0, path
    assert found == {}
