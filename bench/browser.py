"""How the dashboard feels at 1,000 devices and 1 Hz, measured in a real Chromium.

`python -m bench.browser [--seconds N]`: ten minutes of the dashboard (heat map and tables) and as
many of the table of devices, or N seconds each. Before each reading of the heap garbage is
collected; what tells a leak is the slope of the readings. The product runs beside it on its
embedded defaults, so on a small machine both share the cores. There is no peer in this run: the
aims are absolute (interaction to next paint under 200 ms, no frame dropped, a flat heap).
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from bench.chromium_frames import traced
from server.app import STATIC
from tests.services.chromium import browser_environment, program
from tests.services.product import Product

DEMO = "125x8"
ROUNDS = 4
SETTLE_SECONDS = 15.0
READINGS = 20
"""Of the heap, on each screen."""

OBSERVE = """() => {
  window.interactions = new Map(); window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) if (e.interactionId)
      window.interactions.set(e.interactionId,
        Math.max(e.duration, window.interactions.get(e.interactionId) ?? 0));
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) window.longTasks.push(e.duration);
  }).observe({ type: "longtask", buffered: true });
}"""


async def measure(seconds: float) -> dict[str, float]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program(),
            args=["--no-sandbox", "--disable-gpu"],
            env=browser_environment(),
        )
        try:
            with tempfile.TemporaryDirectory() as folder:
                product = Product(Path(folder), DEMO, {})
                try:
                    return await _measure(browser, product, seconds)
                finally:
                    product.close()
        finally:
            await browser.close()


async def _measure(browser: Browser, product: Product, seconds: float) -> dict[str, float]:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    begun = time.perf_counter()
    await asyncio.to_thread(product.start)
    figures = {"ready_s": time.perf_counter() - begun}
    figures |= await _sign_in(page, product, begun)
    await page.evaluate(OBSERVE)
    session = await context.new_cdp_session(page)
    figures |= await _interact(page)
    for name, path in (("dashboard", "Dashboard"), ("devices", "Devices")):
        await page.get_by_role("link", name=path).first.click()
        await asyncio.sleep(SETTLE_SECONDS)
        long_tasks = await page.evaluate("window.longTasks.length")
        async with traced(browser) as frames:
            figures |= await _watch(session, name, seconds)
        figures[f"{name}_frames"] = frames.presented
        figures[f"{name}_late_frames"] = frames.late
        figures[f"{name}_dropped_frames"] = frames.dropped
        long_tasks = await page.evaluate("window.longTasks.length") - long_tasks
        figures[f"{name}_long_tasks"] = long_tasks
    return figures


async def _sign_in(page: Page, product: Product, started: float) -> dict[str, float]:
    """From the command to live numbers, an operator who types at once included."""
    await page.goto(product.url)
    await page.get_by_label("Name", exact=True).fill(product.name)
    await page.get_by_label("Password").fill(product.password)
    begun = time.perf_counter()
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_test_id("tile-Devices").wait_for()
    await page.locator("[data-testid=live][data-kind=live]").wait_for()
    live = time.perf_counter()
    loaded: list[str] = await page.evaluate(
        "performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)"
    )
    files = {STATIC / path.lstrip("/") for path in loaded} | {STATIC / "index.html"}
    size = sum(len(gzip.compress(file.read_bytes())) for file in files if file.is_file())
    await page.get_by_text("1,000", exact=True).first.wait_for()
    return {
        "sign_in_to_live_s": live - begun,
        "command_to_live_s": live - started,
        "command_to_all_devices_s": time.perf_counter() - started,
        "first_load_gzip_kib": size / 1024,
    }


async def _interact(page: Page) -> dict[str, float]:
    """What an operator does: go from screen to screen, switch, filter, sort, open and close."""
    for _ in range(ROUNDS):
        for screen in ("Nodes", "Devices"):
            await page.get_by_role("link", name=screen).first.click()
        await page.get_by_role("grid", name="Devices").wait_for()
        await page.get_by_label("Node, UUID, job").press_sequentially("h100-r0", delay=60)
        await page.get_by_role("button", name="Clear", exact=True).click()
        for head in ("Used", "Power", "Health"):
            await page.get_by_role("columnheader", name=head).get_by_role("button").click()
        await page.locator("#devices-row-0").click()
        await page.get_by_test_id("device-pane").wait_for()
        for _ in range(5):
            await page.keyboard.press("ArrowDown")
        await page.get_by_role("link", name="Dashboard").first.click()
        for metric in ("Memory", "Temperature", "Used"):
            await page.get_by_text(metric, exact=True).first.click()
        await page.get_by_role("application").focus()
        for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
            await page.keyboard.press(key)
    await asyncio.sleep(1)
    durations = sorted(await page.evaluate("[...window.interactions.values()]"))
    return {
        "interactions": len(durations),
        "inp_p98_ms": durations[min(len(durations) - 1, int(len(durations) * 0.98))],
        "inp_max_ms": durations[-1],
    }


async def _watch(session: CDPSession, name: str, seconds: float) -> dict[str, float]:
    """One screen left alone: script and task time a second, and how the heap goes."""
    await session.send("Performance.enable")
    begun, before = time.monotonic(), await _metrics(session)
    minutes, heap = [], []
    for reading in range(READINGS + 1):
        await asyncio.sleep(begun + seconds * reading / READINGS - time.monotonic())
        await session.send("HeapProfiler.collectGarbage")
        after = await _metrics(session)
        minutes.append((time.monotonic() - begun) / 60)
        heap.append(after["JSHeapUsedSize"] / 2**20)
    told = " ".join(f"{each:.2f}" for each in heap)
    print(f"{name}: heap in MiB {told} (load {os.getloadavg()[0]:.1f})", flush=True)
    return {
        f"{name}_script_ms_per_s": 1000 * _gained(before, after, "ScriptDuration") / seconds,
        f"{name}_task_ms_per_s": 1000 * _gained(before, after, "TaskDuration") / seconds,
        f"{name}_heap_mib": heap[-1],
        f"{name}_heap_slope_kib_per_min": 1024 * statistics.linear_regression(minutes, heap).slope,
    }


def _gained(before: dict[str, float], after: dict[str, float], metric: str) -> float:
    return after[metric] - before[metric]


async def _metrics(session: CDPSession) -> dict[str, float]:
    answer: dict[str, Any] = await session.send("Performance.getMetrics")
    return {metric["name"]: metric["value"] for metric in answer["metrics"]}


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="bench.browser", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="to watch each screen")
    figures = asyncio.run(measure(parser.parse_args(arguments).seconds))
    print("browser: " + " ".join(f"{name}={value:.4g}" for name, value in figures.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
