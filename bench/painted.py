"""When a real Chromium has painted a number of the dashboard.

The page is the product's own, without a hook: its reading of the hottest GPU is watched as a person
would. A change is timed in the task after the next animation frame, which is when that frame has
been handed to the compositor; what the screen itself takes is not in it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright

from bench.fanout import Peer
from tests.services.chromium import browser_environment, program

READING = "[data-testid='reading-Hottest GPU']"
OBSERVE = """(reading) => {
  const link = document.querySelector(reading);
  window.painted = {};
  new MutationObserver(() => {
    const value = link.textContent.replace(/[^0-9]/g, "");
    if (value in window.painted) return;
    window.painted[value] = null;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        window.painted[value] = (performance.timeOrigin + performance.now()) / 1000;
      };
      port2.postMessage(null);
    });
  }).observe(link, { subtree: true, childList: true, characterData: true });
}"""


@asynccontextmanager
async def dashboard(api: Peer) -> AsyncIterator[Page]:
    """Open, live and observed."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program(),
            args=["--no-sandbox", "--disable-gpu"],
            env=browser_environment(),
        )
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        name, _, value = api.cookie.partition("=")
        url = f"http://127.0.0.1:{api.port}"
        await context.add_cookies([{"name": name, "value": value, "url": url}])
        page = await context.new_page()
        await page.goto(url)
        await page.locator(READING).wait_for()
        await page.evaluate(OBSERVE, READING)
        yield page
        await browser.close()


async def painted(page: Page) -> dict[float, float]:
    """Seconds since the epoch at which each value of the reading was first painted."""
    found: dict[str, float | None] = await page.evaluate("window.painted")
    return {float(value): at for value, at in found.items() if value and at is not None}
