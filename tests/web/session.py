"""A session for a browser without the way over the form, which test_session.py takes."""

from __future__ import annotations

from playwright.async_api import Page


async def sign_in(page: Page, url: str, name: str, password: str) -> None:
    """The cookie of the answer is the page's from now on."""
    answer = await page.context.request.post(
        f"{url}/auth/sign-in",
        headers={"Quartermaster-Client": "tests"},
        data={"name": name, "password": password},
    )
    assert answer.ok, await answer.text()
